//! A text that nobody can see says nothing.

use lariat::domain::reason::StatusReason;
use lariat::domain::visible::visible;

#[test]
fn only_what_has_a_visible_character_is_a_text() {
    for blank in [
        "",
        " ",
        "\n\t",
        "\u{200b}\u{200b}",
        "\u{a0}\u{ad}",
        "\u{2060}",
        "\u{3164}",
        "\u{2800}",
        "\u{feff} \u{200d}",
    ] {
        assert_eq!(visible(blank), "", "{blank:?}");
        assert!(StatusReason::new(blank).is_err(), "{blank:?}");
    }
    for (text, said) in
        [(" a ", "a"), ("\u{200b}.", "\u{200b}."), ("❤\u{fe0f} ", "❤\u{fe0f}"), ("é", "é"), ("名", "名")]
    {
        assert_eq!(visible(text), said);
    }
}
