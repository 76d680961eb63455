//! The settings of a sandbox, written as an operator writes them: a file, a file per partner, a file per secret.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::sandbox::Outside;
use crate::sandbox::partner::{Partner, Reach};
use crate::security::api_key::KeyHash;

/// A pretend EMR: its name, its key (a word, so that documents can show it; it exists only here), whose it is, where
/// its referrals go first, and how its own records are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Emr {
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    clinic: &'static str,
    routing: &'static str,
    mapping: &'static str,
}

/// Riverbend's, whose referrals go to the link workers.
pub(super) const EMR: Emr = Emr {
    name: "emr-riverbend",
    key: "sandbox-emr",
    clinic: "riverbend",
    routing: "link-worker",
    mapping: "riverbend",
};
/// Riverbend's too, whose referrals go straight to the partner.
pub(super) const DIRECT: Emr =
    Emr { name: "emr-riverbend-direct", key: "sandbox-emr-direct", routing: "direct", ..EMR };
/// Lakeside's, which speaks as OSCAR does.
pub(super) const OSCAR: Emr = Emr {
    name: "oscar-lakeside",
    key: "sandbox-oscar",
    clinic: "lakeside",
    routing: "direct",
    mapping: "oscar-consultation",
};

impl Emr {
    /// The name of its mapping.
    pub(super) const fn mapping(self) -> &'static str {
        self.mapping
    }
}

/// Who may sign in at Riverbend's desk: name, title, role, language.
pub(super) const STAFF: [(&str, &str, &str, &str); 3] = [
    ("nadia", "Nadia Placeholder", "link-worker", "en"),
    ("luc", "Luc Exemple", "lead", "fr"),
    ("amal", "Amal Haddad, NP", "prescriber", "en"),
];

/// The slug of the partner with a FHIR server outside.
pub(super) const OUTSIDE: &str = "outside";

/// The mappings that read the pretend EMRs' own JSON.
pub(super) const MAPPINGS: [(&str, &str); 2] = [
    ("riverbend", include_str!("../../config/mappings/riverbend.toml")),
    ("oscar-consultation", include_str!("../../config/mappings/oscar-consultation.toml")),
];

/// Settings on their way to the disk.
pub(super) struct Settings<'a> {
    folder: &'a Path,
    main: String,
}

impl<'a> Settings<'a> {
    /// The folder's lay-out, and what does not depend on who takes part.
    pub(super) fn new(folder: &'a Path, base: &str, smtp_port: u16) -> anyhow::Result<Self> {
        for name in ["partners", "mappings", "secrets"] {
            std::fs::create_dir_all(folder.join(name)).context("cannot make the sandbox's folder")?;
        }
        for (name, text) in MAPPINGS {
            std::fs::write(folder.join(format!("mappings/{name}.toml")), text)?;
        }
        let listen = base.trim_start_matches("http://");
        let record = toml::Value::String(format!("sqlite:{}", folder.join("lariat.db").display()));
        let main = format!(
            "[server]\nlisten = \"{listen}\"\nbase_url = \"{base}\"\n\
             [store]\nlocation = {record}\n\
             [delivery]\nallow_loopback = true\n\
             [files]\npartners = \"partners\"\nmappings = \"mappings\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\nsecurity = \"none\"\n\
             from = \"lariat@lariat.example\"\nfrom_name = \"Lariat\"\n\
             [[custodian]]\nname = \"riverbend\"\ntitle = \"Riverbend CHC (made up)\"\npublic_form = true\n\
             [[custodian]]\nname = \"lakeside\"\ntitle = \"Lakeside CHC (made up)\"\n\
             [[team]]\nname = \"navigators\"\ntitle = \"Riverbend CHC, link workers\"\ncustodian = \"riverbend\"\n\
             kind = \"link-worker\"\nphone = \"519 555 0100\"\nhours = \"Mon to Fri 9 to 17\"\n"
        );
        Ok(Self { folder, main })
    }

    /// The secret of a party that listens, kept where Lariat reads it.
    pub(super) fn secret(&self, name: &str, text: &[u8]) -> anyhow::Result<()> {
        write_private(&self.folder.join(format!("secrets/{name}.whsec")), text)
    }

    /// A pretend EMR that hears its answers at `url`.
    pub(super) fn emr(&mut self, emr: Emr, url: &str) -> anyhow::Result<()> {
        let Emr { name, key, clinic, routing, mapping } = emr;
        let endpoint = self.endpoint("client.endpoint", name, url)?;
        let team = if routing == "direct" { "" } else { "team = \"navigators\"\n" };
        write!(
            self.main,
            "[[client]]\nname = \"{name}\"\ncustodian = \"{clinic}\"\nscopes = [\"system/*.cruds\"]\n\
             key_sha256 = [\"{}\"]\nmapping = \"{mapping}\"\nrouting = \"{routing}\"\n{team}{endpoint}",
            KeyHash::of(key.as_bytes()),
        )?;
        Ok(())
    }

    /// Everyone at the desk, with the hash of their one password.
    pub(super) fn staff(&mut self, hash: &str) -> anyhow::Result<()> {
        for (name, title, role, language) in STAFF {
            write!(
                self.main,
                "[[staff]]\nname = \"{name}\"\ntitle = \"{title}\"\ncustodian = \"riverbend\"\n\
                 role = \"{role}\"\nteams = [\"navigators\"]\nlanguage = \"{language}\"\n\
                 password_hash = \"{hash}\"\n"
            )?;
        }
        Ok(())
    }

    /// A partner, with its webhook at `url` when it has one.
    pub(super) fn partner(&self, partner: Partner, url: Option<&str>) -> anyhow::Result<()> {
        let (name, title) = (partner.name(), partner.title());
        let (service, need) = partner.service();
        let reach = match (partner.reach(), url) {
            (Reach::Mail, _) | (Reach::Webhook, None) => {
                format!("[email]\nto = \"{}\"\nlanguage = \"en\"\nphone = \"519 555 0100\"\n", partner.address())
            }
            (Reach::Webhook, Some(url)) => self.endpoint("endpoint", name, url)?,
        };
        let text = format!(
            "name = \"{name}\"\ntitle = \"{title}\"\nclass = \"non-custodian\"\n\
             identifier = {{ system = \"https://lariat.example/fhir/NamingSystem/partner\", value = \"{name}\" }}\n\
             scopes = [\"system/Task.rus\", \"system/Procedure.crs\", \"system/ServiceRequest.rs\", \
             \"system/Patient.rs\", \"system/Organization.rs\", \"system/Practitioner.rs\", \
             \"system/PractitionerRole.rs\"]\nkey_sha256 = [\"{}\"]\n{reach}\
             [[service]]\nname = \"{name}\"\ntitle = \"{service}\"\nneeds = [\"{need}\"]\n\
             languages = [\"en\", \"fr\"]\ncost = \"free\"\ncharacteristics = [\"vetted\"]\n",
            KeyHash::of(partner.key().as_bytes()),
        );
        Ok(std::fs::write(self.folder.join(format!("partners/{name}.toml")), text)?)
    }

    /// A partner with a FHIR server of its own, which may be anywhere.
    pub(super) fn outside(&self, outside: Option<&Outside>) -> anyhow::Result<()> {
        let Some(Outside { base, token_file, .. }) = outside else { return Ok(()) };
        let text = |value: String| toml::Value::String(value);
        let token = match token_file {
            Some(file) => format!("token_file = {}\n", text(std::path::absolute(file)?.display().to_string())),
            None => String::new(),
        };
        let settings = format!(
            "name = \"{OUTSIDE}\"\ntitle = \"The partner outside (made up)\"\nclass = \"non-custodian\"\n\
             identifier = {{ system = \"https://lariat.example/fhir/NamingSystem/partner\", value = \"{OUTSIDE}\" }}\n\
             [push]\nbase_url = {}\n{token}poll_secs = 1\n",
            text(base.clone()),
        );
        Ok(std::fs::write(self.folder.join(format!("partners/{OUTSIDE}.toml")), settings)?)
    }

    fn endpoint(&self, table: &str, name: &str, url: &str) -> anyhow::Result<String> {
        let secret = self.folder.join(format!("secrets/{name}.whsec"));
        let secret = toml::Value::String(std::path::absolute(secret)?.display().to_string());
        Ok(format!("[{table}]\nurl = \"{url}/\"\nsecret_files = [{secret}]\n"))
    }

    /// Writes the main file.
    pub(super) fn write(&self) -> anyhow::Result<PathBuf> {
        let file = self.folder.join("lariat.toml");
        std::fs::write(&file, &self.main)?;
        Ok(file)
    }
}

/// A file that only its owner reads, as settings require of secrets.
fn write_private(file: &Path, text: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(file)?.write_all(text)?)
}
