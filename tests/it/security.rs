//! Keys, scopes, signatures, and the guard on addresses.

#![allow(clippy::unwrap_used, reason = "also in what the tests share: a test that cannot go on says where")]

use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::Ids;
use lariat::security::api_key::{ApiKey, ApiKeyTable, KeyHash};
use lariat::security::proxies::{Network, Proxies, counted};
use lariat::security::scope::{Interaction, NotAScope, Scopes};
use lariat::security::secret::Secret;
use lariat::security::signature::{self, NotVerified, SignatureHeaders, SigningSecret};
use lariat::security::url_guard::{GuardedUrl, Refused, UrlPolicy};

#[test]
fn a_secret_is_compared_and_never_shown() {
    let secret = Secret::new("correct horse");
    assert_eq!(format!("{secret:?}"), "Secret(..)");
    assert!(secret.matches(b"correct horse"));
    assert!(!secret.matches(b"correct hors"));
    assert!(!secret.matches(b"correct horsf"));
    assert!(!secret.matches(b""));
}

#[test]
fn a_generated_key_has_256_bits_and_is_known_by_its_hash_alone() {
    let ids = Ids::seeded([1; 32]);
    let key = ApiKey::generate(&ids);
    let text = String::from_utf8(key.secret().expose().to_vec()).unwrap();
    assert_eq!(text.len(), "lariat_".len() + 43);
    assert!(text.starts_with("lariat_"));
    assert_eq!(format!("{key:?}"), "ApiKey(Secret(..))");
    assert_ne!(key.hash(), ApiKey::generate(&ids).hash());

    let kept = key.hash().to_string();
    let table = ApiKeyTable::new(vec![(kept.parse().unwrap(), "riverbend-emr".to_owned())]).unwrap();
    assert_eq!(table.client(text.as_bytes()), Some("riverbend-emr"));
    assert_eq!(table.client(&text.as_bytes()[..49]), None);
    assert_eq!(table.client(kept.as_bytes()), None);
    assert_eq!(table.client(b""), None);
}

#[test]
fn a_hash_is_the_sha_256_of_the_key_in_lower_case() {
    // printf sandbox-emr | sha256sum
    let hash = "6226a95aa4b0be370843b6979891c11de18fe14f096b3e5593a76d270031eef9";
    assert_eq!(KeyHash::of(b"sandbox-emr").to_string(), hash);
    for wrong in ["", &hash[1..], &hash.to_uppercase(), &format!("{hash}0"), &hash.replace(&hash[..1], "g")] {
        assert!(wrong.parse::<KeyHash>().is_err(), "{wrong}");
    }
}

#[test]
fn a_client_may_have_two_keys_but_two_clients_never_share_one() {
    let entry = |key: &str, name: &str| (KeyHash::of(key.as_bytes()), name.to_owned());
    let table = ApiKeyTable::new(vec![entry("old", "emr"), entry("new", "emr"), entry("other", "oak")]).unwrap();
    assert_eq!(table.client(b"old"), Some("emr"));
    assert_eq!(table.client(b"new"), Some("emr"));
    assert_eq!(table.client(b"other"), Some("oak"));
    let shared = ApiKeyTable::new(vec![entry("same", "emr"), entry("same", "oak")]).unwrap_err();
    assert_eq!(shared.to_string(), "the clients emr and oak have the same key: give each its own");
}

#[test]
fn scopes_allow_what_their_letters_say() {
    use Interaction::{
        ConditionalCreate, ConditionalDelete, ConditionalUpdate, Create, Delete, InstanceHistory, Patch, Read,
        Search, TypeHistory, Update, VersionRead,
    };
    let all = [
        Create,
        ConditionalCreate,
        Read,
        VersionRead,
        InstanceHistory,
        Update,
        Patch,
        ConditionalUpdate,
        Delete,
        ConditionalDelete,
        Search,
        TypeHistory,
    ];
    let table: [(&str, &str, &[Interaction]); 14] = [
        ("system/Task.c", "Task", &[Create]),
        ("system/Task.r", "Task", &[Read, VersionRead, InstanceHistory]),
        ("system/Task.u", "Task", &[Update, Patch]),
        ("system/Task.d", "Task", &[Delete]),
        ("system/Task.s", "Task", &[Search, TypeHistory]),
        ("system/Task.cs", "Task", &[Create, ConditionalCreate, Search, TypeHistory]),
        ("system/Task.us", "Task", &[Update, Patch, ConditionalUpdate, Search, TypeHistory]),
        ("system/Task.cruds", "Task", &all),
        ("system/*.rs", "Task", &[Read, VersionRead, InstanceHistory, Search, TypeHistory]),
        ("system/Task.read", "Task", &[Read, VersionRead, InstanceHistory, Search, TypeHistory]),
        ("system/Task.write", "Task", &[Create, Update, Patch, Delete]),
        ("system/*.*", "Patient", &all),
        ("system/Task.cruds", "Patient", &[]),
        // What one scope gives is not added to what another gives.
        ("system/Task.c system/*.s", "Task", &[Create, Search, TypeHistory]),
    ];
    for (text, resource_type, allowed) in table {
        let scopes: Scopes = text.parse().unwrap();
        for interaction in all {
            assert_eq!(
                scopes.allows(resource_type, interaction),
                allowed.contains(&interaction),
                "{text} {resource_type} {interaction:?}"
            );
        }
    }
    assert!(!Scopes::default().allows("Task", Read));
}

#[test]
fn what_is_not_a_scope_is_refused_with_its_reason() {
    let table = [
        ("patient/Task.rs", NotAScope::Context),
        ("user/*.cruds", NotAScope::Context),
        ("openid", NotAScope::Context),
        ("System/Task.rs", NotAScope::Context),
        ("system/Task", NotAScope::Permissions),
        ("system/Task.", NotAScope::Permissions),
        ("system/Task.sr", NotAScope::Permissions),
        ("system/Task.rr", NotAScope::Permissions),
        ("system/Task.x", NotAScope::Permissions),
        ("system/Task.rsx", NotAScope::Permissions),
        ("system/Task.READ", NotAScope::Permissions),
        ("system/.rs", NotAScope::ResourceType),
        ("system/task.rs", NotAScope::ResourceType),
        ("system/Ta/sk.rs", NotAScope::ResourceType),
        ("system/Task.rs?status=requested", NotAScope::Query),
        ("system/Task.rs patient/Task.rs", NotAScope::Context),
    ];
    for (text, reason) in table {
        assert_eq!(text.parse::<Scopes>(), Err(reason), "{text}");
    }
}

/// The example of the Standard Webhooks reference libraries: secret, id, timestamp, body.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNED_AT: Timestamp = Timestamp::from_millis(1_614_265_330_000);

fn published() -> SignatureHeaders {
    SignatureHeaders {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
        timestamp: "1614265330".to_owned(),
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned(),
    }
}

fn secret() -> SigningSecret {
    SECRET.parse().unwrap()
}

#[test]
fn the_published_signature_is_made_and_accepted() {
    assert_eq!(signature::sign(&[secret()], "msg_p5jXN8AQM9LWM0D4loKWxJek", SIGNED_AT, BODY), published());
    assert_eq!(signature::verify(&[secret()], &published(), BODY, SIGNED_AT), Ok(()));
}

#[test]
fn only_a_fresh_signature_over_these_very_bytes_is_accepted() {
    let now = |seconds: i64| Timestamp::from_millis(SIGNED_AT.as_millis() + seconds * 1_000);
    let verify = |headers: &SignatureHeaders, body: &[u8], seconds| {
        signature::verify(&[secret()], headers, body, now(seconds))
    };
    assert_eq!(verify(&published(), BODY, 300), Ok(()));
    assert_eq!(verify(&published(), BODY, -300), Ok(()));
    assert_eq!(verify(&published(), BODY, 360), Err(NotVerified::Stale));
    assert_eq!(verify(&published(), BODY, -360), Err(NotVerified::Stale));
    assert_eq!(verify(&published(), br#"{"test":2432232314}"#, 0), Err(NotVerified::Signature), "re-serialised");

    let other_id = SignatureHeaders { id: "msg_other".to_owned(), ..published() };
    assert_eq!(verify(&other_id, BODY, 0), Err(NotVerified::Signature));
    let later = SignatureHeaders { timestamp: "1614265331".to_owned(), ..published() };
    assert_eq!(verify(&later, BODY, 0), Err(NotVerified::Signature));
    for timestamp in ["", "-1614265330", "+1614265330", "1614265330.0", "now", "99999999999999999999"] {
        let headers = SignatureHeaders { timestamp: timestamp.to_owned(), ..published() };
        assert_eq!(verify(&headers, BODY, 0), Err(NotVerified::Timestamp), "{timestamp}");
    }
}

#[test]
fn one_known_signature_among_others_is_enough_and_unknown_versions_are_none() {
    let good = published().signature;
    let bare = good.trim_start_matches("v1,");
    let table = [
        (format!("v1,AAAA {good}"), Ok(())),
        (format!("v2,{bare} v1a,{bare} {good}"), Ok(())),
        (format!("v2,{bare}"), Err(NotVerified::Signature)),
        (format!("v1a,{bare}"), Err(NotVerified::Signature)),
        (bare.to_owned(), Err(NotVerified::Signature)),
        (good[..20].to_owned(), Err(NotVerified::Signature)),
        ("v1,".to_owned(), Err(NotVerified::Signature)),
        (String::new(), Err(NotVerified::Signature)),
    ];
    for (header, expected) in table {
        let headers = SignatureHeaders { signature: header.clone(), ..published() };
        assert_eq!(signature::verify(&[secret()], &headers, BODY, SIGNED_AT), expected, "{header}");
    }
}

#[test]
fn while_a_key_is_replaced_either_side_may_be_the_first() {
    let new = SigningSecret::generate(&Ids::seeded([3; 32]));
    let signed = signature::sign(&[new.clone(), secret()], "msg_1", SIGNED_AT, BODY);
    for keys in [vec![secret()], vec![new.clone()], vec![secret(), new.clone()]] {
        assert_eq!(signature::verify(&keys, &signed, BODY, SIGNED_AT), Ok(()));
    }
    let by_old = signature::sign(&[secret()], "msg_1", SIGNED_AT, BODY);
    assert_eq!(signature::verify(&[new.clone(), secret()], &by_old, BODY, SIGNED_AT), Ok(()));
    assert_eq!(signature::verify(&[new], &by_old, BODY, SIGNED_AT), Err(NotVerified::Signature));
    assert_eq!(signature::verify(&[], &by_old, BODY, SIGNED_AT), Err(NotVerified::Signature));
}

#[test]
fn a_signing_secret_holds_24_to_64_bytes() {
    let generated = SigningSecret::generate(&Ids::seeded([3; 32])).text();
    let text = String::from_utf8(generated.expose().to_vec()).unwrap();
    assert!(text.parse::<SigningSecret>().is_ok());
    let fits =
        |bytes: usize| format!("whsec_{}", "A".repeat(bytes.div_ceil(3) * 4)).parse::<SigningSecret>().is_ok();
    assert_eq!([fits(21), fits(24), fits(63), fits(66)], [false, true, true, false]);
    for wrong in [&text[6..], "whsec_", "whsec_***", "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert!(wrong.parse::<SigningSecret>().is_err());
    }
    assert_eq!(format!("{:?}", secret()), "SigningSecret(Secret(..))");
    assert_eq!(signature::TOLERANCE, Duration::from_secs(300));
}

#[test]
fn a_url_that_hides_or_names_an_address_inside_is_refused() {
    let table = [
        ("https://127.0.0.1/", Refused::Address),
        ("https://2130706433/", Refused::Spelling),
        ("https://0x7f.1/", Refused::Spelling),
        ("https://0177.0.0.1/", Refused::Spelling),
        ("https://127.1/", Refused::Spelling),
        ("https://1572395042/", Refused::Spelling),
        ("https://[::ffff:127.0.0.1]/", Refused::Spelling),
        ("https://[::ffff:7f00:1]/", Refused::Address),
        ("https://[::1]/", Refused::Address),
        ("https://[::]/", Refused::Address),
        ("https://169.254.169.254/latest/meta-data", Refused::Address),
        ("https://[fd00:ec2::254]/", Refused::Address),
        ("https://[64:ff9b::7f00:1]/", Refused::Address),
        ("https://[64:ff9b:1::1]/", Refused::Address),
        ("https://[2002:7f00:1::]/", Refused::Address),
        ("https://[fe80::1]/", Refused::Address),
        ("https://[fe80::1%25eth0]/", Refused::Unreadable),
        ("https://[ff02::1]/", Refused::Address),
        ("https://[2001:db8::1]/", Refused::Address),
        ("https://[3fff::1]/", Refused::Address),
        ("https://[100::1]/", Refused::Address),
        ("https://[5f00::1]/", Refused::Address),
        ("https://0.0.0.0/", Refused::Address),
        ("https://10.1.2.3/", Refused::Address),
        ("https://100.64.0.1/", Refused::Address),
        ("https://172.31.255.255/", Refused::Address),
        ("https://192.0.0.8/", Refused::Address),
        ("https://192.0.2.1/", Refused::Address),
        ("https://192.88.99.1/", Refused::Address),
        ("https://192.168.1.1/", Refused::Address),
        ("https://198.19.0.1/", Refused::Address),
        ("https://198.51.100.1/", Refused::Address),
        ("https://203.0.113.1/", Refused::Address),
        ("https://224.0.0.1/", Refused::Address),
        ("https://240.0.0.1/", Refused::Address),
        ("https://255.255.255.255/", Refused::Address),
        ("https://localhost/", Refused::Name),
        ("https://localhost./", Refused::Spelling),
        ("https://metadata.google.internal/", Refused::Name),
        ("https://printer.local/", Refused::Name),
        ("https://intranet/", Refused::Name),
        ("https://user@partner.example/", Refused::Userinfo),
        ("https://user:pass@partner.example/", Refused::Userinfo),
        ("https://@partner.example/", Refused::Userinfo),
        ("https://partner.example@127.0.0.1/", Refused::Userinfo),
        ("http://partner.example/", Refused::Scheme),
        ("gopher://partner.example/", Refused::Scheme),
        ("ftp://partner.example/", Refused::Scheme),
        ("file:///etc/passwd", Refused::Unreadable),
        ("javascript:alert(1)", Refused::Unreadable),
        ("partner.example", Refused::Unreadable),
        ("https:///partner.example/", Refused::Spelling),
        ("https:\\\\partner.example\\", Refused::Unreadable),
        ("https://partner.example:22/", Refused::Port),
        ("https://partner.example:8443/", Refused::Port),
        ("https://partner。example/", Refused::Spelling),
        ("https://１２７.0.0.1/", Refused::Spelling),
        ("https://pärtner.example/", Refused::Spelling),
        ("https://partner%2eexample/", Refused::Spelling),
        ("https://part\tner.example/", Refused::Spelling),
        ("https://partner.example/#part", Refused::Fragment),
    ];
    let policy = UrlPolicy::default();
    for (text, reason) in table {
        assert_eq!(GuardedUrl::parse(text, &policy).map(|_| ()), Err(reason), "{text}");
    }
}

#[test]
fn public_urls_pass_and_a_port_when_it_is_allowed() {
    let strict = UrlPolicy::default();
    for text in [
        "https://partner.example/",
        "https://Partner.Example:443/hook?x=1",
        "https://xn--prtner-bua.example/",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://172.32.0.1/",
        "https://100.128.0.1/",
        "https://198.20.0.1/",
    ] {
        assert!(GuardedUrl::parse(text, &strict).is_ok(), "{text}");
    }
    let with_port = UrlPolicy { extra_ports: vec![8443], allow_loopback: false };
    assert!(GuardedUrl::parse("https://partner.example:8443/", &with_port).is_ok());
    assert!(GuardedUrl::parse("https://127.0.0.1:8443/", &with_port).is_err());
}

#[test]
fn loopback_passes_only_where_it_is_allowed_and_nothing_else_does() {
    let sandbox = UrlPolicy { extra_ports: Vec::new(), allow_loopback: true };
    for text in ["http://127.0.0.1:4000/", "http://localhost:4000/", "http://[::1]:4000/", "https://127.9.9.9/"] {
        assert!(GuardedUrl::parse(text, &sandbox).is_ok(), "{text}");
        assert!(GuardedUrl::parse(text, &UrlPolicy::default()).is_err(), "{text}");
    }
    for text in ["http://10.0.0.1/", "https://169.254.169.254/", "http://partner.example/", "http://2130706433/"] {
        assert!(GuardedUrl::parse(text, &sandbox).is_err(), "{text}");
    }
}

#[test]
fn credentials_go_to_the_same_origin_only() {
    let url =
        |text| GuardedUrl::parse(text, &UrlPolicy { extra_ports: vec![8443], allow_loopback: false }).unwrap();
    let emr = url("https://emr.example/fhir");
    assert!(emr.same_origin(&url("https://EMR.example:443/other")));
    for other in ["https://emr.example.evil.com/fhir", "https://emr.example:8443/", "https://xemr.example/"] {
        assert!(!emr.same_origin(&url(other)), "{other}");
    }
}

#[test]
fn a_refusal_does_not_repeat_what_was_given() {
    let refused = GuardedUrl::parse("https://user:hunter2@partner.example/", &UrlPolicy::default()).unwrap_err();
    assert_eq!(refused.to_string(), "the URL must not hold a user name or a password");
}

#[test]
fn a_forwarded_address_is_believed_as_far_as_the_proxies_are() {
    let networks = ["10.0.0.0/8", "192.0.2.1", "fd00::/8", "::ffff:172.16.0.0/108"];
    let proxies: Proxies = networks.iter().map(|text| text.parse::<Network>().unwrap()).collect();
    let table: [(&str, &[&str], &str); 11] = [
        ("203.0.113.1", &["1.1.1.1"], "203.0.113.1"),
        ("10.1.2.3", &["203.0.113.1"], "203.0.113.1"),
        ("10.1.2.3", &["1.1.1.1, 203.0.113.1"], "203.0.113.1"),
        ("10.1.2.3", &["1.1.1.1, 203.0.113.1, 192.0.2.1"], "203.0.113.1"),
        ("10.1.2.3", &["203.0.113.1", "192.0.2.1"], "203.0.113.1"),
        ("192.0.2.2", &["203.0.113.1"], "192.0.2.2"),
        ("fd00::1", &["[2001:db8::7]:443"], "2001:db8::7"),
        ("172.31.0.1", &["203.0.113.1:80"], "203.0.113.1"),
        ("::ffff:10.0.0.1", &["203.0.113.1"], "203.0.113.1"),
        ("10.1.2.3", &["203.0.113.1, unknown"], "10.1.2.3"),
        ("10.1.2.3", &[], "10.1.2.3"),
    ];
    for (peer, forwarded, client) in table {
        let found = proxies.client(peer.parse().unwrap(), forwarded.iter().copied());
        assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
    }
    assert_eq!(
        Proxies::default().client("10.1.2.3".parse().unwrap(), ["1.1.1.1"].into_iter()).to_string(),
        "10.1.2.3"
    );
    for wrong in ["", "10.0.0.0/33", "fd00::/129", "10.0.0", "proxy.example", "::ffff:10.0.0.0/64", "10.0.0.1/-1"] {
        assert!(wrong.parse::<Network>().is_err(), "{wrong}");
    }
    assert_eq!(counted("2001:db8:1:2:3:4:5:6".parse().unwrap()).to_string(), "2001:db8:1:2::");
    assert_eq!(counted("::ffff:203.0.113.1".parse().unwrap()).to_string(), "203.0.113.1");
}
