//! Passwords of staff: what configuration keeps of them.

use lariat::domain::id::Ids;
use lariat::security::password::{PASSWORD_BYTES_MAX, PasswordHash};

#[test]
fn a_hash_fits_its_password_and_no_other() {
    let ids = Ids::seeded([1; 32]);
    let hash = PasswordHash::make("mots de passe é".as_bytes(), &ids).unwrap();
    let text = hash.to_string();
    assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
    assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    let read: PasswordHash = text.parse().unwrap();
    assert!(read.verify("mots de passe é".as_bytes()));
    for wrong in ["", "mots de passe", "mots de passe é ", "MOTS DE PASSE É"] {
        assert!(!read.verify(wrong.as_bytes()), "{wrong}");
    }
    assert_ne!(
        PasswordHash::make(b"x", &ids).unwrap().to_string(),
        PasswordHash::make(b"x", &ids).unwrap().to_string()
    );
    assert!(PasswordHash::make(&vec![b'x'; PASSWORD_BYTES_MAX + 1], &ids).is_none());
}

#[test]
fn what_is_no_argon2id_string_or_costs_too_much_is_refused() {
    let good = PasswordHash::make(b"a password", &Ids::seeded([1; 32])).unwrap().to_string();
    let tail = good.rsplit_once("p=1$").unwrap().1;
    for text in [
        String::new(),
        "password".to_owned(),
        "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
        good.replace("argon2id", "argon2i"),
        format!("$argon2id$v=19$m=4194304,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=19456,t=1000,p=1${tail}"),
        good.rsplit_once('$').unwrap().0.to_owned(),
    ] {
        assert!(text.parse::<PasswordHash>().is_err(), "{text}");
    }
}
