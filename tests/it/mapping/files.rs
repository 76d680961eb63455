//! What a mapping file and a concept map may say, and that the shipped ones say all they must.

use lariat::domain::clock::Timestamp;
use lariat::mapping::{ConceptMaps, Mapping, MappingError, Outcome};
use serde_json::{Value, json};

use crate::mapping::{MAPPING, SCHEMA, concept_maps, json_file, riverbend, text};

#[test]
fn every_field_of_the_schema_is_mapped_or_ignored_with_a_reason() {
    let mapping = riverbend();
    let mut schema = json_file(SCHEMA);
    assert_eq!(mapping.check_fields(&schema), Ok(()));
    assert!(mapping.ignored().iter().all(|ignored| ignored.reason.len() > 10));

    schema["properties"]["client"]["properties"]["shoe_size"] = json!({ "type": "string" });
    let fault = mapping.check_fields(&schema).unwrap_err();
    assert_eq!(fault.message, "The source's field `client.shoe_size` is neither mapped nor ignored.");

    let text = text(MAPPING).replace("from = \"referrer.role\"", "from = \"referrer.rolle\"");
    let fault =
        Mapping::load(MAPPING, &text, &concept_maps()).unwrap().check_fields(&json_file(SCHEMA)).unwrap_err();
    assert_eq!(fault.message, "The source has no field `referrer.rolle`.");
    assert_eq!(fault.remedy, "Did you mean `referrer.role`?");
    assert_eq!(fault.line, Some(1 + text[..text.find("rolle").unwrap()].matches('\n').count()));
}

#[test]
fn the_words_of_the_schema_are_those_of_the_concept_maps() {
    let schema = json_file(SCHEMA);
    for (field, map) in [("need", "need-to-sdoh-category"), ("activity", "activity-to-prescription")] {
        let map = json_file(&format!("profiles/concept-maps/{map}.json"));
        let groups = map["group"].as_array().unwrap().iter();
        let words: Vec<&Value> =
            groups.flat_map(|group| group["element"].as_array().unwrap()).map(|element| &element["code"]).collect();
        let sent: Vec<&Value> = schema["properties"][field]["enum"].as_array().unwrap().iter().collect();
        assert_eq!(sent, words);
    }
}

#[test]
fn the_outcome_goes_back_in_the_sources_own_words() {
    let outcome = Outcome {
        referral_id: "R-2026-00417",
        source_system: "https://riverbend.example/ids/referral",
        client_id: Some("C-10442"),
        status: "completed",
        partner: Some("Oak Street Neighbours"),
        reason: None,
        uptake: Some("attended"),
        summary: Some("Est venue six fois."),
        occurred_at: Timestamp::from_millis(1_796_000_000_000),
    };
    assert_eq!(
        riverbend().back(&outcome),
        json!({
            "referral_id": "R-2026-00417",
            "source_system": "https://riverbend.example/ids/referral",
            "client_id": "C-10442",
            "status": "completed",
            "partner": "Oak Street Neighbours",
            "uptake": "attended",
            "summary": "Est venue six fois.",
            "occurred_at": "2026-11-30T00:53:20.000Z"
        })
    );
    let renamed = small("", "\n[answer]\nStatut = \"status\"\nid = \"referral_id\"\n");
    let mapping = Mapping::load("small.toml", &renamed, &concept_maps()).unwrap();
    assert_eq!(mapping.back(&outcome).to_string(), r#"{"Statut":"completed","id":"R-2026-00417"}"#);
}

/// A mapping of one resource, with a rule and a tail to try.
fn small(rule: &str, tail: &str) -> String {
    format!(
        "source = \"small\"\nkey = [\"id\"]\n[[resource]]\nname = \"task\"\ntype = \"Task\"\nset = [\n\
         {{ to = \"status\", as = \"const\", value = \"requested\" }},\n{rule}\n]\n{tail}"
    )
}

#[test]
fn what_is_wrong_with_a_mapping_file_is_said_with_line_and_remedy() {
    let maps = concept_maps();
    let rule = |rule: &str| small(rule, "");
    for (text, line, message, remedy) in [
        (
            rule("{ to = \"x\", as = \"txt\", from = \"a\" }"),
            8,
            "There is no transform `txt`.",
            "Did you mean `text`?",
        ),
        (
            rule("{ to = \"x\", as = \"if\", from = \"a\" }"),
            8,
            "There is no transform `if`.",
            "Known are: copy, text, word,",
        ),
        (
            rule("{ to = \"x\", as = \"text\", form = \"a\" }"),
            8,
            "A `text` rule has no key `form`.",
            "Did you mean `from`?",
        ),
        (
            rule("{ to = \"x\", as = \"text\", from = \"a\", map = \"m\" }"),
            8,
            "A `text` rule has no key `map`.",
            "Known are: to, as,",
        ),
        (rule("{ to = \"x\", as = \"text\" }"), 8, "The key `from` is missing here.", "Add `from = …`."),
        (
            rule("{ to = \"x\", as = \"text\", from = \"a b\" }"),
            8,
            "This is not a path into the source.",
            "Write names of letters",
        ),
        (rule("{ as = \"text\", from = \"a\" }"), 8, "The key `to` is missing here.", "Add `to ="),
        (rule("{ to = \"x\", from = \"a\" }"), 8, "The key `as` is missing here.", "Add the transform"),
        (
            rule("{ to = \"x y\", as = \"text\", from = \"a\" }"),
            8,
            "The target `x y` is not a path of FHIR element names.",
            "Write element names",
        ),
        (
            rule("{ to = \"x[\", as = \"text\", from = \"a\" }"),
            8,
            "The target `x[` has a bracket that is not closed.",
            "Write",
        ),
        (
            rule("{ to = \"x[99]\", as = \"text\", from = \"a\" }"),
            8,
            "The target `x[99]` has a list index that is no number from 0 to 19.",
            "Write",
        ),
        (
            rule("{ to = \"x[1]\", as = \"text\", from = \"a\" }"),
            8,
            "The target `x[1]` leaves a gap in the list before it.",
            "Write",
        ),
        (
            rule("{ to = \"status\", as = \"text\", from = \"a\" }"),
            8,
            "The target `status` is set by two rules.",
            "Write",
        ),
        (
            rule("{ to = \"status.x\", as = \"text\", from = \"a\" }"),
            8,
            "The target `status.x` lies within an element that another rule sets as a whole.",
            "Write",
        ),
        (
            rule("{ to = \"x[0]\", as = \"text\", from = \"a\" },\n{ to = \"x.y\", as = \"text\", from = \"a\" }"),
            9,
            "The target `x.y` is a list in one rule and a single element in another.",
            "Write",
        ),
        (
            rule("{ to = \"x\", as = \"code\", from = \"a\", map = \"need-to-sdoh\" }"),
            8,
            "There is no concept map `need-to-sdoh`.",
            "Known are: activity-to-prescription, need-to-sdoh-category.",
        ),
        (
            rule("{ to = \"x\", as = \"code\", from = \"a\", map = \"need-to-sdoh-category\", give = \"txt\" }"),
            8,
            "A `code` rule cannot give `txt`.",
            "Did you mean `text`?",
        ),
        (
            rule("{ to = \"x\", as = \"reference\", resource = \"tsk\" }"),
            8,
            "No resource of this file is named `tsk`.",
            "Did you mean `task`?",
        ),
        (
            rule("{ to = \"x\", as = \"choice\", from = \"a\" }"),
            8,
            "A choice has `yes`, `no` or both.",
            "Add one of them.",
        ),
        (
            rule("{ to = \"x\", as = \"word\", from = \"a\" }"),
            8,
            "The list `of` is missing or empty.",
            "Write its words.",
        ),
        (
            rule("{ to = \"x\", as = \"identifier\", from = \"a\" }"),
            8,
            "An identifier has either `system` or `system_from`.",
            "Keep one",
        ),
        (
            rule("{ to = \"x\", as = \"text\", from = \"a\", optional = 1 }"),
            8,
            "This is not true or false.",
            "Write true",
        ),
        (rule("{ to = \"x\", as = \"each\", from = \"a\" }"), 8, "Nothing is set here.", "Add `set"),
        (
            rule("{ to = \"x\", as = \"const\", value = 1.5 }"),
            8,
            "This cannot stand in JSON as it is.",
            "Write a decimal",
        ),
        (rule("{ to = \"x\", as = \"const\", value = }"), 8, "This is not TOML:", "Mend it at this line."),
        (rule("").replace("\"Task\"", "\"Tusk\""), 3, "No resource `Tusk` can be built.", "Did you mean `Task`?"),
        (rule("").replace("type =", "kind ="), 5, "A resource has no key `kind`.", "Known are:"),
        (rule("").replace("key =", "keys ="), 2, "A mapping file has no key `keys`.", "Did you mean `key`?"),
        (rule("").replace("[\"id\"]", "[]"), 1, "The key `key` is missing or empty.", "Add `key"),
        (small("", "[answer]\nx = \"statos\""), 11, "An answer has no part `statos`.", "Did you mean `status`?"),
        (small("", "[[ignored]]\nfield = \"b\""), 10, "The key `reason` is missing here.", "Add `reason"),
        (
            small("", "[[ignored]]\nfield = \"id\"\nreason = \"it is the key\""),
            10,
            "`id` is both mapped and ignored.",
            "Remove it here.",
        ),
        (
            small("", "[[resource]]\nname = \"task\"\ntype = \"Task\""),
            10,
            "There are two resources named `task`.",
            "Give one",
        ),
    ] {
        let fault = Mapping::load("small.toml", &text, &maps).expect_err(&text);
        assert_eq!((fault.file.as_str(), fault.line), ("small.toml", Some(line)), "{fault}\n{text}");
        assert!(fault.message.starts_with(message), "{fault}");
        assert!(fault.remedy.starts_with(remedy), "{fault}");
    }
    assert_eq!(
        Mapping::load("small.toml", &rule(""), &maps).map(|mapping| mapping.source().to_owned()),
        Ok("small".to_owned())
    );
}

#[test]
fn the_guides_examples_are_rules_and_show_every_transform() {
    let guide = text("config/mappings/README.md");
    let examples = guide.split("One example of each").nth(1).unwrap().split("```").nth(1).unwrap();
    let set = examples.trim_start_matches("toml");
    let file =
        format!("source = \"s\"\nkey = [\"id\"]\n[[resource]]\nname = \"client\"\ntype = \"Patient\"\n{set}");
    assert_eq!(Mapping::load("guide.toml", &file, &concept_maps()).map(drop), Ok(()));
    for transform in [
        "text",
        "copy",
        "word",
        "const",
        "date",
        "datetime",
        "code",
        "identifier",
        "reference",
        "organization",
        "choice",
        "join",
        "name",
        "telecom",
        "each",
        "questionnaire",
        "answers",
    ] {
        assert!(set.contains(&format!("as = \"{transform}\"")), "{transform}");
        assert!(guide.contains(&format!("| `{transform}` |")), "{transform}");
    }
}

#[test]
fn a_concept_map_that_leaves_a_choice_is_refused() {
    let map = |elements: Value| {
        json!({ "resourceType": "ConceptMap", "id": "m", "group": [{ "target": "urn:t", "element": elements }] })
            .to_string()
    };
    let target = |code: &str, equivalence: &str| json!({ "code": code, "equivalence": equivalence });
    for (text, message) in [
        ("{".to_owned(), "This is not JSON."),
        (json!({ "resourceType": "ValueSet" }).to_string(), "This is not a ConceptMap."),
        (map(json!([])), "The concept map holds no word."),
        (map(json!([{ "code": "a" }])), "`a` must have one target that may stand for it."),
        (
            map(json!([{ "code": "a", "target": [target("b", "unmatched")] }])),
            "`a` must have one target that may stand for it.",
        ),
        (
            map(json!([{ "code": "a", "target": [target("b", "equal"), target("c", "wider")] }])),
            "`a` must have one target that may stand for it.",
        ),
        (
            map(
                json!([{ "code": "a", "target": [target("b", "equal")] }, { "code": "a", "target": [target("b", "equal")] }]),
            ),
            "`a` stands in this map twice.",
        ),
    ] {
        let fault: MappingError = ConceptMaps::default().add("m.json", &text).unwrap_err();
        assert_eq!(fault.message, message);
    }
    let mut maps = ConceptMaps::default();
    let good = map(json!([{ "code": "a", "target": [target("b", "equal"), target("c", "disjoint")] }]));
    maps.add("m.json", &good).unwrap();
    assert_eq!(maps.add("n.json", &good).unwrap_err().message, "There is a concept map `m` already.");
}
