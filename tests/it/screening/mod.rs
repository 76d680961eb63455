//! The screening forms and the project's own codes: what stands in profiles/ and what the rules know are the same.

mod answers;
mod calculated;

use std::fs;

use lariat::definitions;
use lariat::domain::reason::{ClosingReason, DeclineReason};
use lariat::domain::screening::{CardReason, Category, ContactConsent, NavigationTopic};
use lariat::domain::service::Trait;
use lariat::domain::support_level::SupportLevel;
use lariat::domain::uptake::Uptake;
use lariat::exchange::desk::Unsuited;
use lariat::fhir::questionnaire::{self, ItemKind, Named};
use lariat::validation::{self, Validator};
use serde_json::Value;

const OWN: &str = "https://lariat.example/fhir";

fn profile(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("profiles/{path}.json")).unwrap()).unwrap()
}

fn codes(system: &str) -> Vec<String> {
    let concepts = profile(&format!("code-systems/{system}"))["concept"].clone();
    concepts.as_array().unwrap().iter().map(|concept| concept["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_own_definition_is_valid_r4_and_says_what_it_is() {
    let folders =
        ["questionnaires", "code-systems", "value-sets", "concept-maps", "supplements", "structure-definitions"];
    for folder in folders {
        for entry in fs::read_dir(format!("profiles/{folder}")).unwrap() {
            let path = entry.unwrap().path();
            if path.file_stem().unwrap() == "r4-core" {
                continue;
            }
            let resource: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let mut issues = validation::resource(&resource, &Validator::new(&definitions::r4_library()), &[]);
            // Canada's French is none of the languages that R4 prefers.
            issues.retain(|issue| issue.rule != "R-CODE-PREFERRED");
            assert_eq!(issues, [], "{}", path.display());
            let (ty, id) = (resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
            assert_eq!(resource["url"], format!("{OWN}/{ty}/{id}"), "{}", path.display());
            assert_eq!(path.file_stem().unwrap().to_str(), Some(id));
            assert_eq!((&resource["version"], &resource["status"]), (&"1.0.0".into(), &"active".into()));
        }
    }
}

#[test]
fn every_code_system_has_the_codes_of_its_rule_french_words_and_a_value_set() {
    macro_rules! same {
        ($system:literal, $kind:ident) => {
            let known: Vec<_> = $kind::ALL.iter().map(|value| value.code()).collect();
            assert_eq!(codes($system), known, $system);
        };
    }
    same!("reminder-card", CardReason);
    same!("navigation-topic", NavigationTopic);
    same!("uptake", Uptake);
    same!("support-level", SupportLevel);
    same!("decline-reason", DeclineReason);
    same!("closing-reason", ClosingReason);
    same!("unsuited-reason", Unsuited);
    same!("service-characteristic", Trait);
    for (system, known) in [
        ("task-output", &["uptake", "outcome", "attended-on"][..]),
        ("referral-business-status", &["question", "answered", "waiting-list"]),
        ("communication-category", &["contact", "message", "note", "set-apart", "by-hand", "information"]),
        ("contact-result", &["reached", "no-answer", "message-left", "wrong-number", "no-contact-wanted"]),
        ("screening-question", &["card-reason", "contact-consent", "what-matters"]),
    ] {
        assert_eq!(codes(system), known, "{system}");
    }
    for entry in fs::read_dir("profiles/code-systems").unwrap() {
        let path = entry.unwrap().path();
        let id = path.file_stem().unwrap().to_str().unwrap();
        let system = profile(&format!("code-systems/{id}"));
        assert_eq!(system["count"], system["concept"].as_array().unwrap().len(), "{id}");
        let set = profile(&format!("value-sets/{id}"));
        assert_eq!(set["compose"]["include"][0]["system"], system["url"], "{id}");
        let is_translated = |concept: &Value| concept["designation"][0]["language"] == "fr-CA";
        assert!(system["concept"].as_array().unwrap().iter().all(is_translated), "{id}");
    }
}

#[test]
fn an_answer_is_counted_under_the_category_that_the_concept_map_says() {
    let category = |map: &str, word: &str| {
        let map = profile(&format!("concept-maps/{map}"));
        let elements = map["group"][0]["element"].as_array().unwrap().clone();
        let element = elements.into_iter().find(|element| element["code"] == word).unwrap();
        (element["target"][0]["code"].clone(), element["target"][0]["display"].clone())
    };
    let told = |category: Category| (category.code().into(), category.display().into());
    for reason in CardReason::ALL {
        assert_eq!(category("need-to-sdoh-category", reason.code()), told(reason.category()), "{reason:?}");
    }
    for topic in NavigationTopic::ALL {
        assert_eq!(
            category("navigation-topic-to-sdoh-category", topic.code()),
            told(topic.category()),
            "{topic:?}"
        );
    }
}

#[test]
fn the_card_is_one_choice_of_ten_and_the_script_asks_about_parenting_once() {
    let card = questionnaire::named("reminder-card").unwrap();
    let reason = card.questions().find(|item| item.link_id == "reason").unwrap();
    let ItemKind::Choice(choices) = &reason.kind else { panic!("not a choice") };
    let codes: Vec<_> = choices.iter().map(|choice| choice.coding.code.as_str()).collect();
    assert_eq!(codes, CardReason::ALL.iter().map(|reason| reason.code()).collect::<Vec<_>>());
    for (choice, reason) in choices.iter().zip(CardReason::ALL) {
        assert_eq!(choice.display, reason.words());
    }
    for said in ["lonely", "Feeling Lonely", "  je me sens seul "] {
        assert_eq!(reason.choice(said).unwrap().coding.code, "lonely");
    }
    for said in ["Lonely", "LONELY", "lonesome", ""] {
        assert_eq!(reason.choice(said), None, "{said}");
    }

    let script = questionnaire::named("navigation-script").unwrap();
    let parts: Vec<_> = script.items.iter().map(|item| item.link_id.as_str()).collect();
    assert_eq!(parts, ["a", "b", "c", "d", "e", "f"]);
    assert!(script.questions().all(|item| !item.required));
    let mut links: Vec<_> = script.questions().map(|item| item.link_id.as_str()).collect();
    assert_eq!(links.iter().filter(|link| link.contains("parenting")).count(), 1);
    let count = links.len();
    links.sort_unstable();
    links.dedup();
    assert_eq!(links.len(), count);
    for name in ["reminder-card", "navigation-script"] {
        let form = profile(&format!("questionnaires/{name}"));
        assert!(form["copyright"].as_str().unwrap().contains("Alliance for Healthier Communities (2020)"));
    }
}

#[test]
fn a_form_is_known_by_its_canonical_and_version() {
    let card = questionnaire::named("reminder-card").unwrap();
    for (canonical, expected) in [
        (card.url.as_str(), Named::Known(card)),
        (&card.canonical(), Named::Known(card)),
        ("https://lariat.example/fhir/Questionnaire/reminder-card|9.0.0", Named::Unknown),
        ("https://lariat.example/fhir/Questionnaire/nothing", Named::Unknown),
        ("https://elsewhere.example/Questionnaire/reminder-card", Named::Foreign),
        ("", Named::Foreign),
    ] {
        assert_eq!(questionnaire::of(canonical), expected, "{canonical}");
    }
}

#[test]
fn consent_to_be_contacted_is_never_guessed() {
    for (answer, consent) in [
        (Some(true), ContactConsent::Given),
        (Some(false), ContactConsent::Refused),
        (None, ContactConsent::NotAsked),
    ] {
        assert_eq!(ContactConsent::from_answer(answer), consent);
    }
}
