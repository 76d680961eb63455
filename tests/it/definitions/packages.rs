//! Packages as they are published, and as nobody should publish them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use lariat::definitions::{Library, PackageError, PackageLimits, install, installed, remove};
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use super::house::{folder, made, profile, url};

/// An entry of an archive: its kind, name and content.
type Entry<'a> = (EntryType, &'a str, &'a [u8]);

/// A `.tgz` of these entries, whatever their names.
fn archive(folder: &TempDir, entries: &[Entry<'_>]) -> PathBuf {
    let path = folder.path().join("package.tgz");
    let mut archive = Builder::new(GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast()));
    for (kind, name, content) in entries {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
    path
}

fn manifest(version: &str) -> Vec<u8> {
    json!({"name": "test.package", "version": version, "fhirVersions": ["4.0.1"], "dependencies": {"hl7.fhir.r4.core": "4.0.1"}})
        .to_string()
        .into_bytes()
}

fn definition() -> Vec<u8> {
    profile("P", "Task", "Task", json!([{"path": "Task.owner", "min": 1}])).to_string().into_bytes()
}

/// Reads a package of a manifest, a definition and these entries.
fn read_with(more: &[Entry<'_>], limits: PackageLimits) -> Result<Library, PackageError> {
    let folder = TempDir::new().unwrap();
    let (manifest, definition) = (manifest("1.0.0"), definition());
    let mut entries: Vec<Entry<'_>> = vec![
        (EntryType::Regular, "package/package.json", &manifest),
        (EntryType::Regular, "package/StructureDefinition-P.json", &definition),
    ];
    entries.extend(more);
    Library::read(&[archive(&folder, &entries)], limits)
}

fn refused(more: &[Entry<'_>]) -> String {
    read_with(more, PackageLimits::default()).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_published_package_is_read() {
    let library = read_with(
        &[
            (EntryType::XGlobalHeader, "pax_global_header", b"19 comment=nothing\n"),
            (EntryType::Directory, "package/", b""),
            (EntryType::Regular, "package/.index.json", b"not looked at"),
            (EntryType::Regular, "package/example/Task-x.json", b"not looked at"),
            (EntryType::Regular, "package/other/notes.json", b"not looked at"),
            (EntryType::Regular, "package/readme.md", b"not looked at"),
        ],
        PackageLimits::default(),
    )
    .unwrap();
    let package = library.packages().last().unwrap();
    assert_eq!((package.name.as_str(), package.version.as_str()), ("test.package", "1.0.0"));
    assert_eq!(package.dependencies, [("hl7.fhir.r4.core".to_owned(), "4.0.1".to_owned())]);
    assert_eq!(library.profiles_of(package).len(), 1);
    assert_eq!(made(&library, "P").unwrap().at("owner").unwrap().min, Some(1));
}

#[test]
fn names_that_need_an_entry_of_their_own_are_read() {
    let long = format!("package/{}.json", "StructureDefinition-".repeat(10));
    let mut second: Value = serde_json::from_slice(&definition()).unwrap();
    second["url"] = url("StructureDefinition", "Q").into();
    let second = second.to_string().into_bytes();
    let gnu = format!("{long}\0").into_bytes();
    let pax = |path: &str| {
        let line = format!(" path={path}\n");
        let bytes = line.len() + 3;
        format!("{bytes}{line}").into_bytes()
    };
    for named in [(EntryType::GNULongName, gnu), (EntryType::XHeader, pax(&long))] {
        let library = read_with(
            &[(named.0, "long", &named.1), (EntryType::Regular, "package/short", &second)],
            PackageLimits::default(),
        );
        assert!(library.unwrap().find_profile(&url("StructureDefinition", "Q")).is_some(), "{:?}", named.0);
    }
    let out = pax("package/../../etc/passwd");
    assert_eq!(
        refused(&[(EntryType::XHeader, "long", &out), (EntryType::Regular, "package/short", b"{}")]),
        "its entry package/../../etc/passwd leads out of the package"
    );
    let endless = vec![b'x'; 10_000];
    assert_eq!(
        refused(&[(EntryType::XHeader, "long", &endless)]),
        "its entry with a long name has one that is too long"
    );
}

#[test]
fn an_archive_that_leads_out_of_itself_is_refused() {
    for name in
        ["../x.json", "package/../../x.json", "/etc/x.json", "package/..", "C:\\x.json", "package\\..\\x.json"]
    {
        assert_eq!(
            refused(&[(EntryType::Regular, name, b"{}")]),
            format!("its entry {name} leads out of the package")
        );
    }
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::GNUSparse,
    ] {
        assert_eq!(
            refused(&[(kind, "package/x.json", b"")]),
            "its entry package/x.json is neither file nor folder",
            "{kind:?}"
        );
    }
}

#[test]
fn limits_hold() {
    let limits = PackageLimits { archive_bytes: 4096, inflated_bytes: 100_000, file_bytes: 20_000, entries: 20 };
    let text = |entries: &[Entry<'_>]| read_with(entries, limits).err().unwrap().to_string();
    let bomb = vec![b' '; 200_000];
    assert_eq!(text(&[(EntryType::Regular, "elsewhere/bomb", &bomb)]), "inflated, it has more than 100000 bytes");
    assert_eq!(
        text(&[(EntryType::Regular, "package/bomb.json", &bomb[..30_000])]),
        "one file, it has more than 20000 bytes"
    );
    let many: Vec<Entry<'_>> = (0..30).map(|_| (EntryType::Regular, "x", &b""[..])).collect();
    assert_eq!(text(&many), "it has more than 20 entries");
    let noise: Vec<u8> = (0..60_000_u64).map(|one| (one.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
    assert_eq!(text(&[(EntryType::Regular, "elsewhere/noise", &noise)]), "compressed, it has more than 4096 bytes");
    let folder = folder(&[profile("P", "Task", "Task", json!([]))]);
    (0..30).for_each(|number| fs::write(folder.path().join(format!("{number}.txt")), "").unwrap());
    let error = Library::read(&[folder.path()], limits).unwrap_err();
    assert_eq!(error.to_string(), "it has more than 20 entries");
}

#[test]
fn content_that_is_none_is_refused() {
    let deep = "[".repeat(100_000).into_bytes();
    assert_eq!(
        refused(&[(EntryType::Regular, "package/deep.json", &deep)]),
        "its file deep.json is not JSON: line 1"
    );
    let scratch = TempDir::new().unwrap();
    let read = |path: &Path| Library::read(&[path], PackageLimits::default()).err().unwrap().to_string();
    let file = scratch.path().join("text.tgz");
    fs::write(&file, "just text").unwrap();
    assert_eq!(read(&file), "it is neither a folder nor a .tgz");
    assert_eq!(read(&archive(&scratch, &[])), "it holds no definition");
    let mut cut = fs::read(archive(&scratch, &[(EntryType::Regular, "package/x.json", &definition())])).unwrap();
    cut.truncate(cut.len() / 2);
    fs::File::create(&file).unwrap().write_all(&cut).unwrap();
    assert!(matches!(Library::read(&[&file], PackageLimits::default()), Err(PackageError::Read(..))));
    fs::write(scratch.path().join("x.shelf"), "rubbish").unwrap();
    assert_eq!(read(&scratch.path().join("x.shelf")), "the installed package is damaged; add it again");
    let fifth = json!({"name": "five", "version": "1", "fhirVersions": ["5.0.0"]}).to_string().into_bytes();
    let entries = [(EntryType::Regular, "package/package.json", &fifth[..])];
    assert_eq!(read(&archive(&scratch, &entries)), "it is for FHIR 5.0.0; Lariat reads packages for R4 (4.0)");
    let named = json!({"name": "../up", "version": "1"}).to_string().into_bytes();
    let own = definition();
    let entries =
        [(EntryType::Regular, "package/package.json", &named[..]), (EntryType::Regular, "package/P.json", &own)];
    assert_eq!(read(&archive(&scratch, &entries)), "its package.json has no name that can be used");
}

#[test]
fn packages_are_installed_and_taken_out() {
    let scratch = TempDir::new().unwrap();
    let (packages, source) = (scratch.path().join("packages"), TempDir::new().unwrap());
    for version in ["1.0.0", "1.1.0"] {
        let (manifest, definition) = (manifest(version), definition());
        let entries = [
            (EntryType::Regular, "package/package.json", &manifest[..]),
            (EntryType::Regular, "package/P.json", &definition),
        ];
        install(&archive(&source, &entries), &packages, PackageLimits::default()).unwrap();
    }
    install(folder(&[profile("Q", "Task", "Task", json!([]))]).path(), &packages, PackageLimits::default())
        .unwrap();
    let found = installed(&packages).unwrap();
    let names: Vec<(&str, &str)> = found.iter().map(|one| (one.name.as_str(), one.version.as_str())).collect();
    assert_eq!(names[..2], [("test.package", "1.0.0"), ("test.package", "1.1.0")]);
    assert!(names[2].0.starts_with("tmp") && names[2].1 == "0", "a folder without manifest has its own name");
    let paths: Vec<&Path> = found.iter().map(|one| one.path.as_path()).collect();
    let library = Library::read(&paths, PackageLimits::default()).unwrap();
    assert!(made(&library, "P").is_ok() && made(&library, "Q").is_ok());
    remove(&found[0]).unwrap();
    assert_eq!(installed(&packages).unwrap().len(), 2);
}
