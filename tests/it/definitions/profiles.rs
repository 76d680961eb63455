//! What profiles demand, read from definitions written here.

use lariat::definitions::{
    AdditionalBinding, ContextKind, Criterion, Library, Node, Profile, ProfileError, Purpose, SlicingRules,
    Strength, Weight, r4_library,
};
use serde_json::{Value, json};

use super::house::{library, made, profile, url};

fn node<'a>(profile: &'a Profile, path: &str) -> &'a Node {
    profile.at(path).unwrap_or_else(|| panic!("nothing is said of {path}"))
}

/// The criteria of one slice of `category`, whose discriminator and elements are given.
fn criterion(kind: &str, path: &str, elements: Value) -> Criterion {
    let mut all = vec![json!({"path": "Observation.category",
        "slicing": {"discriminator": [{"type": kind, "path": path}], "rules": "open"}})];
    all.extend(elements.as_array().unwrap().iter().cloned());
    let library = library(&[profile("P", "Observation", "Observation", all.into())]);
    let profile = made(&library, "P").unwrap();
    node(profile, "category").slice("a").unwrap().criteria[0].clone()
}

#[test]
fn only_what_differs_from_the_base_is_kept() {
    let elements = json!([
        {"path": "Task"},
        {"path": "Task.status", "min": 1, "max": "1", "type": [{"code": "code"}],
         "binding": {"strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/task-status|4.0.1"}},
        {"path": "Task.executionPeriod", "type": [{"code": "Period"}],
         "constraint": [{"key": "ele-1", "severity": "error", "human": "x", "expression": "hasValue()"},
                        {"key": "per-1", "severity": "error", "human": "x", "expression": "start <= end"}]},
        {"path": "Task.owner", "min": 1, "max": "1"},
        {"path": "Task.note", "max": "3"},
        {"path": "Task.basedOn", "type": [{"code": "Reference",
            "targetProfile": ["http://hl7.org/fhir/StructureDefinition/ServiceRequest"], "aggregation": ["referenced"]}]}
    ]);
    let library = library(&[profile("P", "Task", "Task", elements)]);
    let profile = made(&library, "P").unwrap();
    let task = library.core().shape(profile.shape);
    let said: Vec<&str> = profile.root().children().iter().map(|id| &*profile.node(*id).name).collect();
    assert_eq!(said, ["owner", "note", "basedOn"]);
    assert_eq!((node(profile, "owner").min, node(profile, "owner").max), (Some(1), None));
    assert_eq!((node(profile, "note").min, node(profile, "note").max), (None, Some(3)));
    assert_eq!(
        &*node(profile, "basedOn").types[0].targets[0],
        "http://hl7.org/fhir/StructureDefinition/ServiceRequest"
    );
    let by_number: Vec<&str> = (0..task.elements().len())
        .filter_map(|number| profile.root().child(number))
        .map(|id| &*profile.node(id).name)
        .collect();
    assert_eq!(by_number, ["basedOn", "owner", "note"], "in the order of the type");
}

#[test]
fn a_differential_adds_to_its_base_profile() {
    let base = profile(
        "Base",
        "Patient",
        "Patient",
        json!([
            {"path": "Patient.identifier", "min": 1,
             "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}},
            {"id": "Patient.identifier:card", "path": "Patient.identifier", "sliceName": "card", "max": "1"},
            {"id": "Patient.identifier:card.system", "path": "Patient.identifier.system", "min": 1,
             "fixedUri": "http://example.org/card"},
            {"path": "Patient.name", "min": 1, "constraint": [
                {"key": "b-1", "severity": "error", "human": "b", "expression": "family.exists()"}]}
        ]),
    );
    let over = profile(
        "Over",
        "Patient",
        &url("StructureDefinition", "Base"),
        json!([
            {"id": "Patient.identifier:card", "path": "Patient.identifier", "sliceName": "card", "min": 1},
            {"id": "Patient.identifier:other", "path": "Patient.identifier", "sliceName": "other"},
            {"id": "Patient.identifier:other.system", "path": "Patient.identifier.system", "fixedUri": "http://example.org/o"},
            {"path": "Patient.name", "constraint": [
                {"key": "o-1", "severity": "warning", "human": "o", "expression": "given.exists()"}]}
        ]),
    );
    let library = library(&[base, over]);
    let over = made(&library, "Over").unwrap();
    let identifier = node(over, "identifier");
    assert_eq!(identifier.min, Some(1));
    assert_eq!(identifier.slicing.as_ref().unwrap().rules, SlicingRules::Open);
    let card = identifier.slice("card").unwrap();
    assert_eq!((over.node(card.node).min, over.node(card.node).max), (Some(1), Some(1)));
    assert_eq!(*card.criteria, [Criterion::Fixed(json!("http://example.org/card"))]);
    assert_eq!(*identifier.slice("other").unwrap().criteria, [Criterion::Fixed(json!("http://example.org/o"))]);
    let rules = &node(over, "name").invariants;
    assert_eq!(
        rules.iter().map(|rule| (&*rule.key, rule.weight)).collect::<Vec<_>>(),
        [("b-1", Weight::Error), ("o-1", Weight::Warning)]
    );
    assert_eq!(rules[0].compiled(str::len), Some(&15));
    assert_eq!(rules[0].compiled(|_| 0_usize), Some(&15), "made once");
}

#[test]
fn a_typed_name_is_a_slice_of_its_choice() {
    let elements = json!([{"path": "Observation.valueQuantity", "min": 1},
        {"path": "Observation.valueQuantity.code", "min": 1}]);
    let library = library(&[profile("P", "Observation", "Observation", elements)]);
    let profile = made(&library, "P").unwrap();
    let slice = node(profile, "value").slice("valueQuantity").unwrap();
    assert_eq!(*slice.criteria, [Criterion::Types(["Quantity".into()].into())]);
    assert_eq!(profile.node(slice.node).min, Some(1));
    assert_eq!(node(profile, "value:valueQuantity.code").min, Some(1));
}

#[test]
fn slices_have_slices_and_need_no_ids() {
    let elements = json!([
        {"path": "Task.input", "slicing": {"discriminator": [{"type": "value", "path": "type"}], "rules": "closed"}},
        {"path": "Task.input", "sliceName": "a", "max": "2",
         "slicing": {"discriminator": [{"type": "type", "path": "value"}], "rules": "open", "ordered": true}},
        {"path": "Task.input.type", "patternCodeableConcept": {"coding": [{"code": "x"}]}},
        {"path": "Task.input", "sliceName": "a/b"},
        {"path": "Task.input.value[x]", "type": [{"code": "string"}]}
    ]);
    let library = library(&[profile("P", "Task", "Task", elements)]);
    let profile = made(&library, "P").unwrap();
    let a = node(profile, "input").slice("a").unwrap();
    assert_eq!(*a.criteria, [Criterion::Pattern(json!({"coding": [{"code": "x"}]}))]);
    let a = profile.node(a.node);
    assert!(a.slicing.as_ref().unwrap().ordered);
    assert_eq!(*a.slice("b").unwrap().criteria, [Criterion::Types(["string".into()].into())]);
    assert_eq!(node(profile, "input").slicing.as_ref().unwrap().rules, SlicingRules::Closed);
}

#[test]
fn discriminators_lead_to_what_tells_slices_apart() {
    let slice = |more: Value| {
        let mut slice = json!({"id": "Observation.category:a", "path": "Observation.category", "sliceName": "a"});
        slice.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        slice
    };
    let below = |name: &str, more: Value| {
        let mut element =
            json!({"id": format!("Observation.category:a.{name}"), "path": format!("Observation.category.{name}")});
        element.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        element
    };
    let concept = json!({"coding": [{"system": "s", "code": "c"}]});
    let bound = json!({"binding": {"strength": "required", "valueSet": "http://example.org/v"}});
    let undecidable = |criterion: Criterion| matches!(criterion, Criterion::Undecidable(_));
    let pattern = || slice(json!({"patternCodeableConcept": concept}));
    assert_eq!(criterion("pattern", "$this", json!([pattern()])), Criterion::Pattern(concept.clone()));
    assert_eq!(
        criterion("value", "coding.code", json!([pattern()])),
        Criterion::Fixed(json!("c")),
        "in the pattern"
    );
    assert_eq!(
        criterion("value", "coding", json!([pattern()])),
        Criterion::Pattern(json!({"system": "s", "code": "c"}))
    );
    assert_eq!(
        criterion("value", "$this", json!([slice(bound.clone())])),
        Criterion::InValueSet("http://example.org/v".into())
    );
    let children =
        json!([slice(json!({})), below("coding", json!({})), below("coding.code", json!({"fixedCode": "c"}))]);
    assert_eq!(
        criterion("value", "$this", children),
        Criterion::Pattern(json!({"coding": [{"code": "c"}]})),
        "gathered"
    );
    assert_eq!(
        criterion("exists", "text", json!([slice(json!({})), below("text", json!({"min": 1}))])),
        Criterion::Exists(true)
    );
    assert_eq!(
        criterion("exists", "text", json!([slice(json!({})), below("text", json!({"max": "0"}))])),
        Criterion::Exists(false)
    );
    assert!(undecidable(criterion("value", "text", json!([slice(json!({}))]))));
    assert!(undecidable(criterion("value", "$this", json!([slice(json!({}))]))));
}

#[test]
fn references_are_told_apart_by_their_targets() {
    let target = |name: &str| format!("http://hl7.org/fhir/StructureDefinition/{name}");
    let elements = json!([
        {"path": "Observation.focus", "slicing": {"discriminator":
            [{"type": "type", "path": "resolve()"}, {"type": "profile", "path": "$this.resolve()"}], "rules": "open"}},
        {"path": "Observation.focus", "sliceName": "own",
         "type": [{"code": "Reference", "targetProfile": [target("Patient"), url("StructureDefinition", "P")]}]}
    ]);
    let library = library(&[profile("P", "Observation", "Observation", elements)]);
    let focus = node(made(&library, "P").unwrap(), "focus");
    let both: Box<[Box<str>]> = [target("Patient").into(), url("StructureDefinition", "P").into()].into();
    assert_eq!(
        *focus.slice("own").unwrap().criteria,
        [Criterion::Types(["Patient".into(), "Observation".into()].into()), Criterion::Profiles(both)]
    );
}

#[test]
fn extensions_are_told_apart_by_their_url() {
    let extension = url("StructureDefinition", "colour");
    let elements = json!([
        {"path": "Patient.extension", "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"}},
        {"path": "Patient.extension", "sliceName": "colour", "type": [{"code": "Extension", "profile": [format!("{extension}|1")]}]}
    ]);
    let colour = json!([
        {"path": "Extension", "isModifier": true},
        {"path": "Extension.url", "fixedUri": extension},
        {"path": "Extension.value[x]", "min": 1, "type": [{"code": "string"}, {"code": "Coding"}]}
    ]);
    let mut definition = profile("colour", "Extension", "Extension", colour);
    definition["context"] =
        json!([{"type": "element", "expression": "Patient"}, {"type": "fhirpath", "expression": "name"}]);
    definition["contextInvariant"] = json!(["active.exists()"]);
    let library = library(&[profile("P", "Patient", "Patient", elements), definition]);
    let slice = node(made(&library, "P").unwrap(), "extension").slice("colour").unwrap();
    assert_eq!(*slice.criteria, [Criterion::Fixed(json!(extension))]);
    let colour = made(&library, "colour").unwrap();
    assert!(colour.is_modifier);
    assert_eq!(
        colour.contexts.iter().map(|one| (one.kind, &*one.expression)).collect::<Vec<_>>(),
        [(ContextKind::Element, "Patient"), (ContextKind::Fhirpath, "name")]
    );
    assert_eq!(&*colour.context_invariants[0].expression, "active.exists()");
    let types: Vec<&str> = node(colour, "value").types.iter().map(|one| &*one.code).collect();
    assert_eq!(types, ["string", "Coding"]);
}

#[test]
fn bindings_carry_their_additional_ones() {
    let usage = json!({"code": {"system": "http://example.org/p", "code": "Task.code"},
                       "valueCodeableConcept": {"coding": [{"code": "food"}]}});
    let elements = json!([{"path": "Task.code", "binding": {"strength": "extensible", "valueSet": "http://example.org/v",
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet", "valueCanonical": "http://example.org/max"},
            {"url": "http://hl7.org/fhir/tools/StructureDefinition/additional-binding", "extension": [
                {"url": "purpose", "valueCode": "preferred"}, {"url": "valueSet", "valueCanonical": "http://example.org/more"},
                {"url": "usage", "valueUsageContext": usage}]}]}}]);
    let library = library(&[profile("P", "Task", "Task", elements)]);
    let binding = node(made(&library, "P").unwrap(), "code").binding.as_deref().unwrap();
    assert_eq!(
        (binding.strength, binding.value_set.as_deref()),
        (Strength::Extensible, Some("http://example.org/v"))
    );
    let [maximum, more] = &*binding.additional else { panic!() };
    let plain = AdditionalBinding {
        purpose: Purpose::Maximum,
        value_set: "http://example.org/max".into(),
        usages: [].into(),
        any: false,
    };
    assert_eq!(*maximum, plain);
    assert_eq!((more.purpose, &*more.usages[0].code), (Purpose::Strength(Strength::Preferred), "Task.code"));
    assert_eq!(more.usages[0].value, usage["valueCodeableConcept"]);
}

#[test]
fn content_references_follow_the_profile_itself() {
    let elements = json!([
        {"path": "Questionnaire.item.text", "min": 1},
        {"path": "Questionnaire.item.item", "contentReference": "#Questionnaire.item"}
    ]);
    let library = library(&[profile("P", "Questionnaire", "Questionnaire", elements)]);
    let profile = made(&library, "P").unwrap();
    let item = profile.root().named("item").unwrap();
    assert_eq!(node(profile, "item.item").like, Some(item));
    assert_eq!(node(profile, "item.text").min, Some(1));
}

#[test]
fn what_cannot_be_used_says_why() {
    let circle = |name: &str, base: &str| profile(name, "Task", &url("StructureDefinition", base), json!([]));
    let mut chain: Vec<Value> =
        (0..40).map(|number| circle(&format!("c{number}"), &format!("c{}", number + 1))).collect();
    chain.push(profile("c40", "Task", "Task", json!([])));
    let mut broken = vec![
        circle("A", "B"),
        circle("B", "C"),
        circle("C", "A"),
        circle("self", "self"),
        circle("orphan", "nobody"),
        profile("stranger", "Tusk", "Tusk", json!([])),
        profile("wrong", "Task", "Task", json!([{"path": "Task.stattus", "min": 1}])),
        profile("odd", "Task", "Task", json!([{"path": "Task.note", "max": "many"}])),
        profile("nowhere", "Task", "Task", json!([{"min": 1}])),
        profile(
            "sliced",
            "Task",
            "Task",
            json!([{"path": "Task.note",
            "slicing": {"discriminator": [{"type": "value", "path": "text.matches('x')"}], "rules": "open"}}]),
        ),
        profile("resliced", "Task", "Task", json!([{"path": "Task.note", "sliceName": "a/".repeat(100)}])),
        profile("large", "Task", "Task", vec![json!({"path": "Task.note"}); 20_000].into()),
        profile("deep", "Task", "Task", json!([{"path": format!("Task{}", ".extension".repeat(100))}])),
    ];
    broken.extend(chain);
    let library = library(&broken);
    let why = |name: &str| made(&library, name).err().cloned();
    let element = |path: &str, what| Some(ProfileError::Element(path.to_owned(), what));
    assert!(matches!(why("A"), Some(ProfileError::Cycle(_))));
    assert!(matches!(why("self"), Some(ProfileError::Cycle(_))));
    assert_eq!(why("orphan"), Some(ProfileError::Base(url("StructureDefinition", "nobody"))));
    assert_eq!(why("stranger"), Some(ProfileError::Type("Tusk".to_owned())));
    assert_eq!(why("wrong"), element("Task.stattus", "is no element of its base"));
    assert_eq!(why("odd"), element("Task.note", "has no maximum that can be read"));
    assert_eq!(why("nowhere"), element("", "has no path"));
    assert_eq!(why("sliced"), element("Task.note", "has a slicing that cannot be read"));
    assert!(matches!(why("deep"), Some(ProfileError::Element(_, "is nested too deep"))));
    assert!(matches!(why("resliced"), Some(ProfileError::Element(_, "is nested too deep"))));
    assert_eq!(why("large"), Some(ProfileError::TooMany));
    assert_eq!(why("c0"), Some(ProfileError::Deep(32)));
    assert_eq!(why("c20"), None);
}

#[test]
fn the_latest_version_is_meant_unless_one_is_named() {
    let version = |version: &str| {
        let mut one = profile("P", "Task", "Task", json!([]));
        one["version"] = version.into();
        one
    };
    let library = library(&["1.2.0", "1.10.0", "1.10.0-ballot", "2.0.0-draft.2", "2.0.0-draft.10"].map(version));
    let found = |wanted: &str| {
        let id = library.find_profile(&format!("{}{wanted}", url("StructureDefinition", "P")))?;
        Some(library.profile_name(id).1)
    };
    assert_eq!(found(""), Some("2.0.0-draft.10"));
    assert_eq!(found("|1.10.0"), Some("1.10.0"));
    assert_eq!(found("|1.10"), Some("1.10.0"));
    assert_eq!(found("|1"), Some("1.10.0"));
    assert_eq!(found("|1.2.0"), Some("1.2.0"));
    assert_eq!(found("|3.0.0"), None);
    assert_eq!(found("|"), Some("2.0.0-draft.10"));
}

#[test]
fn the_core_has_its_own_profiles_and_extensions() {
    let library: &Library = &r4_library();
    let unusable: Vec<String> = library
        .profiles()
        .filter_map(|id| Some(format!("{}: {}", library.profile_name(id).0, library.profile(id).err()?)))
        .collect();
    // The package's EvidenceVariable is a later version's: profiles/SOURCES.md, known differences.
    let pico = "http://hl7.org/fhir/StructureDefinition/picoelement: \
                its element EvidenceVariable.characteristic.definition is no element of its base";
    assert_eq!(unusable, [pico]);
    let place = library.find_profile("http://hl7.org/fhir/StructureDefinition/patient-birthPlace").unwrap();
    let place = library.profile(place).unwrap();
    assert_eq!(&*place.contexts[0].expression, "Patient");
    assert_eq!(&*node(place, "value").types[0].code, "Address");
    let bmi = library.find_profile("http://hl7.org/fhir/StructureDefinition/bmi").unwrap();
    let code = node(library.profile(bmi).unwrap(), "code.coding:BMICode.code");
    assert_eq!(code.fixed, Some(json!("39156-5")));
}
