//! What the program says of itself: help, topics, completions, exit codes, the form of an error.

use lariat::cli::Exit;
use serde_json::Value;

use crate::cli::{code, folder, lariat, result, said};

#[test]
fn every_exit_code_is_the_documented_one() {
    let codes = Exit::TABLE.map(|(exit, code, _)| (exit, code, exit.code()));
    let expected = [
        (Exit::Done, 0),
        (Exit::Failed, 1),
        (Exit::Usage, 2),
        (Exit::Input, 3),
        (Exit::Denied, 4),
        (Exit::NotFound, 5),
        (Exit::Refused, 6),
        (Exit::Remote, 7),
        (Exit::Partly, 8),
        (Exit::Interrupted, 130),
    ];
    assert_eq!(codes, expected.map(|(exit, code)| (exit, code, code)));
    let table = "Exit codes:
  0    done
  1    failed unexpectedly
  2    wrong usage, or settings that cannot be used
  3    the input has errors
  4    not allowed, or not signed in
  5    not found
  6    refused by a rule
  7    the other side cannot be reached, is too busy or took too long
  8    partly done: what is left is named
  130  interrupted by Ctrl-C
";
    assert!(result(&lariat(&["--help"])).ends_with(table));
    assert_eq!(result(&lariat(&["help", "exit-codes"])), table);
}

#[test]
fn a_wrong_word_is_wrong_usage_and_gets_a_suggestion() {
    let output = lariat(&["serv"]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("'serve'"), "{}", said(&output));
    assert_eq!(result(&output), "");
}

#[test]
fn an_error_says_what_where_what_to_do_and_the_exit_code() {
    let (_folder, path) = folder("[store]\nqueu = 1\n");
    let path = path.to_str().unwrap();
    let output = lariat(&["serve", "--check", "--config", path]);
    let expected =
        format!("error: there is no key `store.queu`\n  --> {path}:2\nfix: did you mean `queue`?\nexit 2\n");
    assert_eq!((code(&output), said(&output)), (2, expected));

    let output = lariat(&["serve", "--check", "--json", "--config", path]);
    let object: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(object["schema"], "lariat/error/1");
    assert_eq!(object["exit"], 2);
    assert_eq!(object["fix"], "did you mean `queue`?");
    assert_eq!(object["docs"], "config/default.toml");
}

#[test]
fn a_settings_file_that_is_not_there_is_looked_for_where_it_was_named() {
    let output = lariat(&["serve", "--check", "--config", "absent.toml"]);
    let expected = "error: the file is not there\n  --> absent.toml\nfix: check the path: --config, or \
                    LARIAT_CONFIG\nexit 2\n";
    assert_eq!((code(&output), said(&output).as_str()), (2, expected));
}

#[test]
fn every_help_begins_with_examples_and_ends_with_exit_codes() {
    let commands = [
        "",
        "serve",
        "sandbox",
        "map",
        "validate",
        "send",
        "migrate",
        "migrate status",
        "migrate up",
        "migrate reindex",
        "endpoints",
        "endpoints list",
        "endpoints open",
        "loops",
        "loops waiting",
        "loops messages",
        "loops replay",
        "staff",
        "staff hash-password",
        "packages",
        "packages compile",
        "completions",
        "help",
    ];
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let help = result(&lariat(&[&words[..], &["--help"]].concat()));
        let lines: Vec<&str> = help.lines().collect();
        assert_eq!((lines[1], lines[2]), ("", "Examples:"), "{command}: {help}");
        let example = if command.is_empty() { "lariat ".to_owned() } else { format!("lariat {command}") };
        assert!(lines[3].contains(&example), "{command}: {help}");
        assert!(help.find("Examples:") < help.find("Usage:"), "{command}: {help}");
        let (_, exits) =
            help.split_once("\nExit codes:\n  0    done\n  1    failed unexpectedly\n").expect(command);
        assert!(exits.lines().all(|line| line.trim_start().starts_with(|first: char| first.is_ascii_digit())));
        assert_eq!(result(&lariat(&[&["help"], &words[..]].concat())), help, "{command}");
    }
}

#[test]
fn the_help_of_send_tells_what_it_ends_with() {
    let help = result(&lariat(&["send", "--help"]));
    let expected = "Guide: fixtures/README.md

Exit codes:
  0    done
  1    failed unexpectedly
  2    wrong usage, or settings that cannot be used
  3    the input has errors
  4    not allowed, or not signed in
  5    not found
  6    refused by a rule
  7    the other side cannot be reached, is too busy or took too long
  130  interrupted by Ctrl-C
";
    assert!(help.ends_with(expected), "{help}");
    for heading in ["\nInput:\n", "\nServer:\n", "\nOutput:\n", "\nGeneral:\n"] {
        assert!(help.contains(heading), "{help}");
    }
}

#[test]
fn topics_are_explained_and_an_unknown_one_is_not_found() {
    assert!(result(&lariat(&["help", "environment"])).contains("LARIAT_CONFIG"));
    assert!(result(&lariat(&["help", "formats"])).contains("lariat/error/1"));
    let output = lariat(&["help", "nothing"]);
    assert_eq!(code(&output), 5);
    assert!(said(&output).starts_with("error: there is no such topic and no such command\n"));
}

#[test]
fn shells_learn_the_commands_and_an_unknown_shell_is_wrong_usage() {
    for (shell, sign) in [
        ("bash", "complete -F _lariat"),
        ("zsh", "#compdef lariat"),
        ("fish", "complete -c lariat"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[lariat]"),
    ] {
        let script = result(&lariat(&["completions", shell]));
        assert!(script.contains(sign) && script.contains("endpoints"), "{shell}");
    }
    assert_eq!(code(&lariat(&["completions", "sh"])), 2);
}

#[test]
fn colour_is_for_terminals_unless_it_is_forced_and_never_against_no_color() {
    let red = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command =
            crate::cli::program(&[arguments, &["--config", "absent.toml", "serve", "--check"]].concat());
        command.env_remove("NO_COLOR").envs(environment.iter().copied());
        String::from_utf8(command.output().unwrap().stderr).unwrap().starts_with("\u{1b}[1;31merror:")
    };
    assert!(!red(&[], &[]));
    assert!(red(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!red(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!red(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!red(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(red(&["--color", "always"], &[("NO_COLOR", "1")]));
}
