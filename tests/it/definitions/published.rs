//! The published packages of `../shared/reference`, where they are: all of their definitions can be used.

use std::path::{Path, PathBuf};

use lariat::definitions::{Criterion, Library, PackageLimits, Profile};

const SDOH: &str = "sdoh-clinical-care-3.0.0/conformance";
const US_CORE: &str = "packages/hl7.fhir.us.core-7.0.0.tgz";
const CA_BASELINE: &str = "ca-baseline-1.2.0";

/// The path below the reference folder, when that is at hand.
fn reference(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1).take(2);
    let path = path.map(|folder| folder.join("shared/reference").join(name)).find(|path| path.exists());
    if path.is_none() {
        println!("not checked: there is no {name} in ../shared/reference");
    }
    path
}

fn library(names: &[&str]) -> Option<Library> {
    let paths: Vec<PathBuf> = names.iter().map(|name| reference(name)).collect::<Option<_>>()?;
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    Some(Library::read(&paths, PackageLimits::default()).unwrap())
}

fn profile<'a>(library: &'a Library, url: &str) -> &'a Profile {
    library.profile(library.find_profile(url).unwrap()).unwrap()
}

#[test]
fn every_published_profile_can_be_used() {
    let Some(library) = library(&[SDOH, US_CORE, CA_BASELINE]) else { return };
    let mut nodes = 0;
    let mut failed = Vec::new();
    for id in library.profiles() {
        match library.profile(id) {
            Ok(profile) => nodes += profile.node_count(),
            Err(error) => failed.push(format!("{}: {error}", library.profile_name(id).0)),
        }
    }
    println!("{} profiles, {nodes} nodes, failed: {failed:#?}", library.profiles().count());
    assert!(failed.is_empty());
}

#[test]
fn a_referral_task_has_what_its_guide_prints() {
    let Some(library) = library(&[SDOH, US_CORE]) else { return };
    let task = profile(
        &library,
        "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement",
    );
    assert_eq!(task.at("focus").unwrap().min, Some(1));
    let output = task.at("output").unwrap();
    let slice = output.slice("PerformedActivityReference").unwrap();
    assert!(matches!(slice.criteria[0], Criterion::Pattern(_)), "{:?}", slice.criteria);
}
