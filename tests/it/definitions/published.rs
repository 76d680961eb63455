//! The published packages of `../shared/reference`, where they are: all of their definitions can be used.

use std::path::{Path, PathBuf};

use lariat::definitions::{Criterion, Library, Membership, PackageLimits, Profile};

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
    for (package, expected) in library.added().zip([25, 63, 21]) {
        let ids = library.profiles_of(package);
        let made = ids.iter().map(|id| (id, library.profile(*id)));
        let (usable, unusable): (Vec<_>, Vec<_>) = made.partition(|(_, profile)| profile.is_ok());
        let nodes: usize = usable.iter().filter_map(|(_, profile)| Some(profile.ok()?.node_count())).sum();
        println!("{}#{}: {} profiles, {nodes} nodes", package.name, package.version, usable.len());
        let unusable =
            unusable.iter().filter_map(|(id, profile)| Some((library.profile_name(**id).0, profile.err()?)));
        assert_eq!(unusable.collect::<Vec<_>>(), []);
        assert_eq!(usable.len(), expected, "{}", package.name);
    }
}

#[test]
fn every_slice_of_the_referral_guide_can_be_told() {
    let Some(library) = library(&[SDOH, US_CORE]) else { return };
    let mut undecidable = Vec::new();
    let mut slices = 0;
    for package in library.added() {
        for profile in library.profiles_of(package).into_iter().filter_map(|id| library.profile(id).ok()) {
            for slice in profile.nodes().flat_map(|node| &node.slices) {
                slices += 1;
                let open = slice.criteria.iter().any(|one| matches!(one, Criterion::Undecidable(_)));
                undecidable.extend(open.then(|| format!("{} {}", profile.name, slice.name)));
            }
        }
    }
    println!("{slices} slices; cannot be decided: {undecidable:#?}");
    assert_eq!(undecidable, [""; 0]);
}

#[test]
fn value_sets_of_the_guide_are_known_or_say_why_not() {
    let Some(library) = library(&[SDOH, US_CORE]) else { return };
    let mut counts = (0, 0);
    for url in library.value_sets() {
        let list = library.value_set(url).unwrap();
        let is_open = list.doubts().next().is_some();
        *(if is_open { &mut counts.1 } else { &mut counts.0 }) += 1;
        if is_open && url.contains("/us/") {
            println!("{url}: {}", list.doubts().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        }
    }
    println!("{} value sets known in whole, {} not", counts.0, counts.1);
    let status = "http://hl7.org/fhir/us/sdoh-clinicalcare/ValueSet/SDOHCC-ValueSetReferralTaskStatus";
    let status = library.value_set(status).unwrap();
    let system = "http://hl7.org/fhir/task-status";
    assert_eq!(status.membership(system, "received"), Membership::Out);
    assert_eq!(status.membership(system, "accepted"), Membership::In);
    let category = "http://hl7.org/fhir/us/sdoh-clinicalcare/ValueSet/SDOHCC-ValueSetSDOHCategory";
    let codes = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";
    let category = library.value_set(category).unwrap();
    assert_eq!(category.membership(codes, "food-insecurity"), Membership::In);
    assert_eq!(category.membership(codes, "resulting-activity"), Membership::Out);
    let procedure = library.value_set("http://hl7.org/fhir/us/core/ValueSet/us-core-procedure-code").unwrap();
    assert!(matches!(procedure.membership("http://snomed.info/sct", "306238000"), Membership::Unknown(_)));
    assert_eq!(procedure.membership("http://example.org/other", "x"), Membership::Out);
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
