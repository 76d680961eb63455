//! The reference that people say and type.

use lariat::domain::loop_reference::LoopReference;

fn reference(text: &str) -> Option<String> {
    text.parse::<LoopReference>().ok().map(|reference| reference.to_string())
}

#[test]
fn what_people_type_is_understood() {
    let table = [
        ("LR-4F7K-2M", Some("LR-4F7K-2M")),
        ("lr-4f7k-2m", Some("LR-4F7K-2M")),
        (" lr4f7k2m ", Some("LR-4F7K-2M")),
        ("4F7K-2M", Some("LR-4F7K-2M")),
        ("LR 4F 7K 2M", Some("LR-4F7K-2M")),
        ("LR-OIL0-1o", Some("LR-0110-10")),
        ("lr4f7k", Some("LR-1R4F-7K")),
        ("LR-4F7K-2U", None),
        ("LR-4F7K-2", None),
        ("LR-4F7K-2MM", None),
        ("XR-4F7K-2M", None),
        ("LR-4F7K-2é", None),
        ("", None),
    ];
    for (typed, expected) in table {
        assert_eq!(reference(typed).as_deref(), expected, "{typed}");
    }
}

#[test]
fn thirty_random_bits_make_six_symbols() {
    let table = [
        ([0, 0, 0, 0], "LR-0000-00"),
        ([0, 0, 0, 1], "LR-1000-00"),
        ([0x3f, 0xff, 0xff, 0xff], "LR-ZZZZ-ZZ"),
        ([0xc0, 0, 0, 0], "LR-0000-00"),
        ([0x20, 0, 0, 0], "LR-0000-0G"),
    ];
    for (bytes, expected) in table {
        let made = LoopReference::from_random(bytes);
        assert_eq!(made.to_string(), expected);
        assert_eq!(expected.parse(), Ok(made));
    }
}
