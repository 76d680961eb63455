//! OSCAR's consultation: three records that belong together, in OSCAR's own codes.

use lariat::definitions;
use lariat::domain::issue::{Issue, Severity};
use lariat::mapping::{ConceptMaps, Mapping};
use lariat::validation::{self, NativeSchema, Validator};
use serde_json::{Value, json};

use crate::mapping::{entry, json_file, text};

const MAPPING: &str = "config/mappings/oscar-consultation.toml";
const SCHEMA: &str = "profiles/schemas/oscar-consultation.schema.json";

fn oscar() -> Mapping {
    let mut maps = ConceptMaps::default();
    for name in ["urgency", "status", "sex", "language", "health-card", "specialist"] {
        let path = format!("profiles/concept-maps/oscar-{name}.json");
        maps.add(&path, &text(&path)).unwrap();
    }
    Mapping::load(MAPPING, &text(MAPPING), &maps).unwrap()
}

fn received() -> Value {
    json_file("fixtures/oscar-consultation/0-received.json")
}

fn with(pointer: &str, value: Value) -> Value {
    let mut record = received();
    *record.pointer_mut(pointer).unwrap() = value;
    record
}

/// What would turn the Bundle away at a door.
fn errors(bundle: &Value) -> Vec<Issue> {
    let issues = validation::resource(bundle, &Validator::at_the_door(&definitions::r4_library()), &[]);
    issues.into_iter().filter(|issue| issue.severity == Severity::Error).collect()
}

#[test]
fn every_field_is_mapped_or_ignored_with_a_reason_and_the_shape_of_oscar_fits() {
    let schema = json_file(SCHEMA);
    assert_eq!(oscar().check_fields(&schema), Ok(()));
    assert_eq!(oscar().schema(), Some("oscar-consultation"));
    let compiled = NativeSchema::compile(&schema).unwrap();
    assert_eq!(compiled.check(&received()), []);
    let mut without = received();
    without.as_object_mut().unwrap().remove("consent");
    without["consultation"]["professionalSpecialist"] = json!(null);
    assert_eq!(compiled.check(&without), []);
}

#[test]
fn a_consultation_becomes_a_referral() {
    let bundle = oscar().apply(&received()).unwrap();
    assert_eq!(errors(&bundle), []);
    let client = entry(&bundle, "Patient");
    assert_eq!(client["request"]["ifNoneExist"], "identifier=https://lakeside.example/ids/demographic|123");
    assert_eq!(
        (&client["resource"]["birthDate"], &client["resource"]["gender"]),
        (&json!("1950-01-01"), &json!("female"))
    );
    assert_eq!(
        client["resource"]["identifier"][1]["system"],
        "https://fhir.infoway-inforoute.ca/NamingSystem/ca-on-patient-hcn"
    );
    let request = &entry(&bundle, "ServiceRequest")["resource"];
    assert_eq!(request["identifier"][0]["value"], "1001");
    assert_eq!((&request["priority"], &request["status"]), (&json!("routine"), &json!("active")));
    assert_eq!(
        request["reasonCode"],
        json!([{ "text": "Feeling lonely; would like a group that meets in the daytime" }])
    );
    // Whoever is asked reads what is asked, and no more of the chart.
    assert_eq!(request["orderDetail"], request["reasonCode"]);
    assert_eq!(request["note"], json!([{ "text": "Lives alone" }]));
    let partner = "Organization?identifier=https://lariat.example/fhir/NamingSystem/partner|harbour-light";
    assert_eq!(entry(&bundle, "Task")["resource"]["owner"]["reference"], partner);
    assert_eq!(entry(&bundle, "Consent")["resource"]["provision"]["actor"][0]["reference"]["reference"], partner);
}

#[test]
fn what_oscar_leaves_blank_is_left_out() {
    let mut record = received();
    for field in ["hin", "ver", "hcType", "phone", "email", "officialLanguage"] {
        record["demographic"][field] = json!("");
    }
    record["consultation"]["professionalSpecialist"] = json!(null);
    record["consultation"]["clinicalInfo"] = json!(null);
    record.as_object_mut().unwrap().remove("consent");
    let bundle = oscar().apply(&record).unwrap();
    assert_eq!(errors(&bundle), []);
    let client = &entry(&bundle, "Patient")["resource"];
    assert_eq!(client["identifier"].as_array().unwrap().len(), 1);
    assert!(client.get("telecom").is_none() && client.get("communication").is_none());
    assert!(entry(&bundle, "Task")["resource"].get("owner").is_none());
}

#[test]
fn what_is_not_known_of_oscar_waits_for_a_person() {
    for (pointer, value, at, rule) in [
        ("/consultation/urgency", json!("9"), "/consultation/urgency", "R-MAP-CODE"),
        ("/consultation/status", json!("4"), "/consultation/status", "R-MAP-CODE"),
        ("/demographic/sex", json!("X"), "/demographic/sex", "R-MAP-CODE"),
        ("/demographic/hcType", json!("ZZ"), "/demographic/hcType", "R-MAP-CODE"),
        ("/demographic/officialLanguage", json!("Klingon"), "/demographic/officialLanguage", "R-MAP-CODE"),
        (
            "/consultation/professionalSpecialist/id",
            json!(99),
            "/consultation/professionalSpecialist/id",
            "R-MAP-CODE",
        ),
        ("/consultation/demographicId", json!(124), "/consultation/demographicId", "R-MAP-DIFFERS"),
        ("/provider/providerNo", json!("000001"), "/consultation/providerNo", "R-MAP-DIFFERS"),
        ("/consultation/reasonForReferral", json!(" "), "/consultation/reasonForReferral", "R-MAP-MISSING"),
        ("/consultation/id", json!(10.5), "/consultation/id", "R-MAP-TYPE"),
    ] {
        let issues = oscar().apply(&with(pointer, value)).unwrap_err();
        let told: Vec<_> = issues.iter().map(|issue| (issue.rule, issue.at.as_str())).collect();
        assert_eq!(told, [(rule, at)], "{pointer}");
    }
}

#[test]
fn the_schema_refuses_what_would_be_lost() {
    let schema = NativeSchema::compile(&json_file(SCHEMA)).unwrap();
    for (record, at, rule) in [
        (with("/consultation/attachments", json!([{ "id": 1 }])), "/consultation/attachments", "R-JSON-ITEMS"),
        (with("/consultation/id", json!("1001")), "/consultation/id", "R-JSON-TYPE"),
        (with("/demographic/dobMonth", json!("13")), "/demographic/dobMonth", "R-JSON-PATTERN"),
        (
            with("/consultation/reasonForReferral", json!("x".repeat(2001))),
            "/consultation/reasonForReferral",
            "R-JSON-LENGTH",
        ),
        (with("/provider", json!(null)), "/provider", "R-JSON-TYPE"),
    ] {
        let issues = schema.check(&record);
        let told: Vec<_> = issues.iter().map(|issue| (issue.rule, issue.at.as_str())).collect();
        assert_eq!(told, [(rule, at)]);
    }
}
