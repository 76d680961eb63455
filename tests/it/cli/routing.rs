//! Settings of routing: teams, and which of them sees a client's referrals first.

use lariat::config::{Config, ConfigError};
use lariat::domain::routing::{Language, Routing};

use crate::cli::folder;

const CLINICS: &str = r#"
[[custodian]]
name = "riverbend"
[[custodian]]
name = "lakeside"
[[team]]
name = "navigators"
title = "Riverbend navigators"
custodian = "riverbend"
kind = "link-worker"
phone = "+1 555 0100"
[[team]]
name = "pod"
title = "Lakeside pod"
custodian = "lakeside"
kind = "pod"
"#;

fn load(client: &str) -> Result<Config, ConfigError> {
    let (_folder, path) = folder(&format!(
        "{CLINICS}[[client]]\nname = \"emr\"\ncustodian = \"riverbend\"\nscopes = [\"system/*.cruds\"]\n{client}"
    ));
    Config::load(Some(&path))
}

#[test]
fn a_client_goes_straight_to_the_partner_unless_it_names_a_team() {
    let direct = load("").unwrap();
    assert_eq!((direct.clients[0].team.as_deref(), direct.clients[0].language), (None, Language::English));
    assert_eq!((direct.teams.len(), direct.teams[1].kind), (2, Routing::Pod));
    assert_eq!((direct.teams[0].phone.as_deref(), direct.teams[0].hours.as_deref()), (Some("+1 555 0100"), None));
    let said = load("routing = \"direct\"\n").unwrap();
    assert_eq!(said.clients[0].team, None);
    let routed = load("routing = \"link-worker\"\nteam = \"navigators\"\nlanguage = \"fr\"\n").unwrap();
    assert_eq!(routed.clients[0].team.as_deref(), Some("navigators"));
    assert_eq!(routed.clients[0].language, Language::French);
}

#[test]
fn a_faulty_routing_is_refused_with_what_to_do() {
    for (client, wrong) in [
        ("routing = \"by pigeon\"\n", "is not a way to route"),
        ("routing = \"pod\"\n", "needs a team"),
        ("team = \"navigators\"\n", "is named, and nothing goes to it"),
        ("routing = \"direct\"\nteam = \"navigators\"\n", "is named, and nothing goes to it"),
        ("routing = \"link-worker\"\nteam = \"nobody\"\n", "names a team that is not configured"),
        ("routing = \"pod\"\nteam = \"pod\"\n", "is a team of another custodian"),
        ("routing = \"pod\"\nteam = \"navigators\"\n", "is a team of another kind"),
        ("language = \"de\"\n", "is not a language that Lariat writes"),
        (
            "[[team]]\nname = \"pod\"\ntitle = \"x\"\ncustodian = \"riverbend\"\nkind = \"pod\"\n",
            "is given to two teams",
        ),
        (
            "[[team]]\nname = \"a\"\ntitle = \"x\"\ncustodian = \"riverbend\"\nkind = \"direct\"\n",
            "is not a kind of teams",
        ),
        ("[[team]]\nname = \"a\"\ntitle = \" \"\ncustodian = \"riverbend\"\nkind = \"pod\"\n", "is empty"),
        ("[[team]]\nname = \"a\"\ntitle = \"x\"\ncustodian = \"elsewhere\"\nkind = \"pod\"\n", "names a custodian"),
    ] {
        let error = load(client).unwrap_err();
        assert!(error.message.contains(wrong), "{client}: {error}");
        assert!(error.line.is_some() && !error.fix.is_empty(), "{client}");
    }
}
