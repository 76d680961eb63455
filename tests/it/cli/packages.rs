//! `lariat packages`: installing what resources are checked against.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{code, folder, lariat, result, said};

/// A folder that is a package: two profiles, of which one stands on what nobody has.
fn package(version: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let profile = |name: &str, base: &str| {
        json!({"resourceType": "StructureDefinition", "url": format!("http://example.org/{name}"), "name": name,
               "status": "active", "kind": "resource", "abstract": false, "type": "Task", "derivation": "constraint",
               "baseDefinition": base, "differential": {"element": [{"path": "Task.owner", "min": 1}]}})
    };
    let manifest = json!({"name": "clinic.profiles", "version": version, "fhirVersions": ["4.0.1"],
                          "dependencies": {"hl7.fhir.r4.core": "4.0.1", "their.profiles": "2.0.0"}});
    let files = [
        ("package.json", manifest),
        ("good.json", profile("good", "http://hl7.org/fhir/StructureDefinition/Task")),
        ("lost.json", profile("lost", "http://example.org/nowhere")),
    ];
    files.iter().for_each(|(name, json)| fs::write(folder.path().join(name), json.to_string()).unwrap());
    folder
}

#[test]
fn a_package_is_added_listed_and_removed() {
    let (home, settings) = folder("[validation]\npackages = \"packages\"\n");
    let run = |arguments: &[&str]| lariat(&[&["--config", settings.to_str().unwrap()], arguments].concat());
    let (first, second) = (package("1.0.0"), package("1.1.0"));
    let added = run(&["packages", "add", first.path().to_str().unwrap()]);
    assert_eq!((code(&added), result(&added).as_str()), (0, "added  clinic.profiles#1.0.0  1 profiles\n"));
    assert_eq!(
        said(&added),
        "it builds on their.profiles#2.0.0, which is not installed\n\
         http://example.org/lost cannot be used: it has no snapshot, and its base http://example.org/nowhere is not loaded\n"
    );
    assert!(
        home.path().join("packages/clinic.profiles#1.0.0.shelf").exists(),
        "the folder counts from the settings"
    );
    let added = run(&["--json", "packages", "add", second.path().to_str().unwrap()]);
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    assert_eq!((&added["version"], &added["profiles"]), (&json!("1.1.0"), &json!(1)));
    let list = run(&["packages", "list"]);
    assert_eq!(result(&list), "clinic.profiles#1.0.0\nclinic.profiles#1.1.0\n");
    let check = run(&["serve", "--check"]);
    assert!(result(&check).ends_with("2 packages\n"), "{}", result(&check));
    let which = run(&["packages", "remove", "clinic.profiles"]);
    assert_eq!(code(&which), 2, "{}", said(&which));
    let removed = run(&["packages", "remove", "clinic.profiles#1.0.0"]);
    assert_eq!(result(&removed), "removed  clinic.profiles#1.0.0\n");
    let gone = run(&["packages", "remove", "clinic.profiles#1.0.0"]);
    assert_eq!(code(&gone), 5, "{}", said(&gone));
    assert_eq!(result(&run(&["packages", "list"])), "clinic.profiles#1.1.0\n");
}

#[test]
fn what_is_no_package_is_refused_with_what_to_do() {
    let (home, settings) = folder("");
    let run = |arguments: &[&str]| lariat(&[&["--config", settings.to_str().unwrap()], arguments].concat());
    let nowhere = run(&["packages", "list"]);
    assert_eq!(code(&nowhere), 2);
    assert!(said(&nowhere).contains("--folder"), "{}", said(&nowhere));
    let packages = home.path().join("packages");
    let add = |source: &str| run(&["packages", "add", source, "--folder", packages.to_str().unwrap()]);
    let text = home.path().join("text.tgz");
    fs::write(&text, "text").unwrap();
    let refused = add(text.to_str().unwrap());
    assert_eq!(code(&refused), 3);
    assert!(said(&refused).starts_with("error: it is neither a folder nor a .tgz\n"), "{}", said(&refused));
    assert_eq!(code(&add(home.path().join("none.tgz").to_str().unwrap())), 5);
    assert!(!packages.exists(), "nothing is left behind");
}

#[test]
fn a_service_does_not_start_without_the_packages_it_names() {
    let (home, settings) = folder("[validation]\npackages = \"packages\"\n");
    let check = || lariat(&["serve", "--check", "--config", settings.to_str().unwrap()]);
    assert_eq!(code(&check()), 5, "{}", said(&check()));
    fs::create_dir(home.path().join("packages")).unwrap();
    assert_eq!(code(&check()), 0);
    fs::write(home.path().join("packages/clinic.profiles#1.shelf"), "rubbish").unwrap();
    assert_eq!(code(&check()), 3);
    assert!(said(&check()).contains("add it again"), "{}", said(&check()));
}

#[test]
fn a_level_of_validation_is_a_known_one_and_its_profiles_are_installed() {
    let client = |level: &str| {
        let settings = format!(
            "[validation]\npackages = \"packages\"\n[[custodian]]\nname = \"clinic\"\n[[client]]\nname = \"emr\"\n\
             custodian = \"clinic\"\nscopes = [\"system/*.cruds\"]\nvalidation = \"{level}\"\n"
        );
        let (home, path) = folder(&settings);
        fs::create_dir(home.path().join("packages")).unwrap();
        lariat(&["serve", "--check", "--config", path.to_str().unwrap()])
    };
    for level in ["base", "lariat"] {
        let check = client(level);
        assert_eq!(code(&check), 0, "{}", said(&check));
    }
    let absent = client("sdohcc");
    assert_eq!(code(&absent), 5);
    assert!(said(&absent).starts_with("error: the profiles of `sdohcc` are not loaded\n"), "{}", said(&absent));
    assert!(said(&absent).contains("lariat packages add"), "{}", said(&absent));
    let unknown = client("sdoh");
    assert_eq!(code(&unknown), 2);
    assert!(said(&unknown).contains("write `base`, or a family of profiles"), "{}", said(&unknown));
}
