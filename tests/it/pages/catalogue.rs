//! Every page in every state and language: what no page may break.

use std::collections::BTreeSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::pages::browser::text;
use crate::pages::house::House;

/// The closed vocabulary (PAGES 3.4), and what the frame itself is made of.
#[rustfmt::skip]
const CLASSES: [&str; 46] = [
    "btn",
    "btn-primary",
    "btn-danger",
    "link",
    "tag",
    "tag-grey",
    "tag-blue",
    "tag-teal",
    "tag-green",
    "tag-purple",
    "tag-yellow",
    "tag-orange",
    "tag-red",
    "banner",
    "errors",
    "field",
    "choices",
    "summary",
    "table",
    "timeline",
    "panel",
    "details",
    "count",
    "chart",
    "code",
    "diff",
    "pager",
    "steps", // components
    "large",
    "skip",
    "default",
    "header",
    "brand",
    "sandbox",
    "wide",
    "back",
    "hidden",
    "footer",
    "display", // frame
    "hint",
    "error",
    "wrong",
    "row",
    "two",
    "scroll",
    "stack", // parts of components
];

/// A page weighs at most this, packed (PAGES 7: partner pages; the worklist may take more and is measured by itself).
const PACKED_MAX: usize = 20 * 1024;

fn faults(lang: &str, html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |is_right: bool, what: String| {
        if !is_right {
            faults.push(what);
        }
    };
    check(html.contains(&format!("<html lang=\"{lang}-CA\"")), "lang is wrong".to_owned());
    for landmark in
        ["<main id=\"main\" tabindex=\"-1\"", "<header ", "<nav aria-label=", "<footer ", "<h1", "<title>"]
    {
        let count = html.matches(landmark).count();
        check(count == 1 || (landmark == "<nav aria-label=" && count > 0), format!("{count} of {landmark}"));
    }
    let title = html.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    check(title.ends_with(" - Lariat"), format!("title: {title}"));
    for (key, _) in html.match_indices('⟦') {
        check(false, format!("no words: {}", html[key..].chars().take(40).collect::<String>()));
    }
    for word in [
        " style=",
        "<style",
        " required",
        " placeholder=",
        "javascript:",
        " target=",
        "<img",
        "<iframe",
        "http://",
        "https://",
    ] {
        check(!html.contains(word), format!("holds {word}"));
    }
    let tags: Vec<&str> = html.split('<').skip(1).filter_map(|part| part.split('>').next()).collect();
    for tag in &tags {
        for name in tag.split(' ').skip(1).filter(|part| part.starts_with("on")) {
            check(!name.contains('='), format!("inline script: {tag}"));
        }
        for class in attribute(tag, "class").unwrap_or_default().split_whitespace() {
            check(CLASSES.contains(&class), format!("unknown class {class}"));
        }
    }
    let ids: Vec<&str> = tags.iter().filter_map(|tag| attribute(tag, "id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    check(known.len() == ids.len(), format!("an id stands twice: {ids:?}"));
    for tag in &tags {
        for name in ["for", "aria-describedby", "aria-labelledby", "form", "data-copy", "data-pause"] {
            for id in attribute(tag, name).unwrap_or_default().split_whitespace() {
                check(known.contains(id), format!("{name} leads nowhere: {id}"));
            }
        }
        if let Some(id) = attribute(tag, "href").and_then(|href| href.strip_prefix('#')) {
            check(known.contains(id), format!("href leads nowhere: #{id}"));
        }
    }
    let apart = html.split("class=\"two\"").count() > 1;
    let primary = html.matches("btn-primary").count();
    check(primary <= if apart { 2 } else { 1 }, format!("{primary} primary buttons"));
    let mut level = 1;
    for tag in
        tags.iter().filter(|tag| tag.starts_with(['h']) && tag[1..].starts_with(|n: char| n.is_ascii_digit()))
    {
        let next = i32::from(tag.as_bytes()[1] - b'0');
        // What stands above the h1 begins with an h2.
        check(next <= level + 1, format!("heading order skips at <{tag}>"));
        level = next;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(html.as_bytes()).unwrap();
    let packed = packer.finish().unwrap().len();
    check(packed <= PACKED_MAX, format!("weighs {packed} bytes"));
    faults
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
}

#[tokio::test]
async fn no_page_in_any_state_and_language_breaks_what_holds_for_all() {
    let house = House::open().await;
    let mut browser = house.browser();
    let list = browser.get("/sandbox/pages").await;
    let names: Vec<String> = list
        .html
        .split("/sandbox/pages/en/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert!(names.len() > 15, "{names:?}");
    let mut found = Vec::new();
    for name in &names {
        let mut said = Vec::new();
        for lang in ["en", "fr"] {
            let page = browser.get(&format!("/sandbox/pages/{lang}/{name}")).await;
            assert_eq!(page.status, 200, "{lang} {name}");
            found.extend(faults(lang, &page.html).into_iter().map(|fault| format!("{lang} {name}: {fault}")));
            let main = page.html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
            said.push(text(main));
        }
        if said[0] == said[1] {
            found.push(format!("{name}: says the same in both languages"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    house.close().await;
}

#[tokio::test]
async fn times_are_told_as_people_read_them() {
    let house = House::open().await;
    let mut browser = house.browser();
    for (lang, told) in [
        ("en", "21\u{a0}Nov 2026, 12:00 (2 hours ago)"),
        ("fr", "21\u{a0}nov. 2026, 12\u{a0}h\u{a0}00 (il y a 2 heures)"),
    ] {
        let page = browser.get(&format!("/sandbox/pages/{lang}/desk-conflict")).await;
        let time = format!("<time datetime=\"2026-11-21T12:00:00.000Z\">{told}</time>");
        assert!(page.html.contains(&time), "{}", page.html);
    }
    house.close().await;
}

#[test]
fn bad_pages_are_caught() {
    let page = |main: &str| {
        format!(
            "<html lang=\"en-CA\"><title>A - Lariat</title><header class=\"header\"></header><nav aria-label=\"x\"></nav>\
             <main id=\"main\" tabindex=\"-1\"><h1>A</h1>{main}</main><footer class=\"footer\"></footer>"
        )
    };
    assert_eq!(faults("en", &page("<p class=\"hint\">good</p>")), [""; 0]);
    for (main, fault) in [
        ("<p class=\"shiny\">", "unknown class shiny"),
        ("<p style=\"color: red\">", "holds  style="),
        ("<b onclick=\"x()\">", "inline script: b onclick=\"x()\""),
        ("<b class=\"btn btn-primary\"></b><b class=\"btn btn-primary\"></b>", "2 primary buttons"),
        ("<h3>deep</h3>", "heading order skips at <h3>"),
        ("<b id=\"main\">", "an id stands twice: [\"main\", \"main\"]"),
        ("<label for=\"gone\">", "for leads nowhere: gone"),
        ("⟦desk-nothing⟧", "no words: ⟦desk-nothing⟧</main><footer class=\"foot"),
    ] {
        assert_eq!(faults("en", &page(main)), [fault], "{main}");
    }
    assert_eq!(faults("fr", &page("")), ["lang is wrong"]);
}
