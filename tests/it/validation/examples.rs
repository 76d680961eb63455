//! Resources that HL7 published as examples: none may be refused but for the reason named.

use std::path::Path;

use lariat::domain::issue::Severity;
use serde_json::Value;

use super::{check, found, task};

const FOLDERS: [&str; 4] = [
    "../shared/reference/fhir-test-cases/r4/examples",
    "../shared/reference/sdoh-clinical-care-3.0.0/examples",
    "../shared/reference/sdoh-clinical-care-3.0.0/conformance",
    "../shared/reference/ca-baseline-1.2.0",
];

/// Examples that are wrong, or that ask for what Lariat does not do: the file, a rule and place it must show, why.
const REFUSED: [(&str, &str, &str); 8] = [
    (
        "basic-example.json",
        "R-STRUCT-MODIFIER Basic.modifierExtension[0]",
        "a modifier extension is not understood",
    ),
    ("bundle-questionnaire.json", "R-STRUCT-MISSING Questionnaire.item[0].item[0].linkId", "linkId is 1..1"),
    ("patient-container-example.json", "R-REF-FORM Patient.managingOrganization.reference", "it is `1` alone"),
    (
        "deviceusestatement-example.json",
        "R-REF-TARGET DeviceUseStatement.reasonReference[0].reference",
        "a Procedure",
    ),
    ("devicemetric-example.json", "R-REF-TARGET DeviceMetric.parent.reference", "a DeviceDefinition"),
    ("explanationofbenefit-example.json", "R-STRUCT-MISSING ExplanationOfBenefit.status", "1..1 and absent"),
    (
        "ImplementationGuide-hl7.fhir.us.sdoh-clinicalcare.json",
        "R-CODE-UNKNOWN ImplementationGuide.definition.parameter[0].code",
        "the publisher's own parameters stand outside the required value set",
    ),
    (".index.json", "R-STRUCT-MISSING resourceType", "the package's list of files, no resource"),
];

#[test]
fn published_examples_pass_but_for_the_named_ones() {
    let mut checked = 0;
    for folder in FOLDERS {
        let Ok(files) = std::fs::read_dir(folder) else {
            println!("not checked: {folder} is absent");
            continue;
        };
        for path in files.map(|file| file.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "json") {
                check_example(&path);
                checked += 1;
            }
        }
    }
    println!("{checked} published examples checked");
}

fn check_example(path: &Path) {
    let name = path.file_name().unwrap().to_string_lossy();
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let errors: Vec<_> = check(&value).into_iter().filter(|issue| issue.severity == Severity::Error).collect();
    let found = found(&errors);
    match REFUSED.iter().find(|(refused, ..)| *refused == name) {
        Some((_, issue, why)) => assert!(found.iter().any(|one| one == issue), "{name} ({why}): {found:?}"),
        None => assert!(found.is_empty(), "{name}: {found:?}"),
    }
}

#[test]
fn the_task_of_the_tables_passes() {
    assert_eq!(found(&check(&task())), Vec::<String>::new());
}
