//! A person at a browser without script: follows links, fills in forms, keeps cookies. What it does, a person can do.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use reqwest::header::{LOCATION, SET_COOKIE};
use reqwest::{Method, redirect};

/// Redirects that are followed one after the other. More than any page has.
const REDIRECTS: usize = 5;

/// A browser.
#[derive(Debug)]
pub(super) struct Surfer {
    http: reqwest::Client,
    base: String,
    /// Value and path of each cookie by its name.
    cookies: BTreeMap<String, (String, String)>,
}

/// A page as it came.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// Its path on this server.
    pub(super) path: String,
    /// Its HTML.
    pub(super) html: String,
}

/// A form of a page with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it goes: a path.
    pub(super) action: String,
    /// What a browser would send of it, in order; buttons are not in it.
    pub(super) fields: Vec<(String, String)>,
    /// Name, value and words of each button.
    pub(super) buttons: Vec<(String, String, String)>,
}

impl Surfer {
    /// A browser that has been nowhere yet.
    pub(super) fn new(base: &str) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "plays a person's browser, which is not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build()?;
        Ok(Self { http, base: base.to_owned(), cookies: BTreeMap::new() })
    }

    /// Opens a page, by its path or its whole address.
    pub(super) async fn open(&mut self, address: &str) -> anyhow::Result<Page> {
        self.ask(Method::GET, self.path(address), None).await
    }

    /// Sends the form of `page` whose action ends with `action`, with `values` in place of what it holds, by its first
    /// button or, when `values` has the name of one, by that.
    pub(super) async fn send(
        &mut self,
        page: &Page,
        action: &str,
        values: &[(&str, &str)],
    ) -> anyhow::Result<Page> {
        let forms = page.forms();
        let form = forms.iter().find(|form| form.action.ends_with(action));
        let form = form.with_context(|| format!("{} has no form for {action}", page.path))?;
        let mut fields = form.fields.clone();
        fields.retain(|(name, _)| !values.iter().any(|(other, _)| other == name));
        fields.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if let Some((name, value, _)) = form.buttons.first()
            && !name.is_empty()
            && !fields.iter().any(|(other, _)| other == name)
        {
            fields.push((name.clone(), value.clone()));
        }
        let action = if form.action.is_empty() { page.path.clone() } else { form.action.clone() };
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, action, Some(body)).await
    }

    fn path(&self, address: &str) -> String {
        address.strip_prefix(&self.base).unwrap_or(address).to_owned()
    }

    async fn ask(&mut self, method: Method, path: String, body: Option<String>) -> anyhow::Result<Page> {
        let (mut method, mut path, mut body) = (method, path, body);
        for _ in 0..REDIRECTS {
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
            request = request.header("cookie", self.cookies_for(&path)).header("accept-language", "en-CA");
            if let Some(body) = body.take() {
                request = request.header("content-type", "application/x-www-form-urlencoded");
                request = request.header("origin", &self.base).header("sec-fetch-site", "same-origin").body(body);
            }
            let answer = request.send().await?;
            for cookie in answer.headers().get_all(SET_COOKIE) {
                self.keep(cookie.to_str()?, &path);
            }
            let status = answer.status();
            if status.is_redirection() {
                let place = answer.headers().get(LOCATION).context("a redirect says where to")?.to_str()?;
                (path, method) = (self.path(place), Method::GET);
                continue;
            }
            let html = answer.text().await?;
            if !status.is_success() {
                bail!("{path} answered {status}: {}", words(&html));
            }
            return Ok(Page { path, html });
        }
        bail!("{path} redirects for ever")
    }

    fn cookies_for(&self, path: &str) -> String {
        let sent = self.cookies.iter().filter(|(_, (_, below))| path.starts_with(below.as_str()));
        sent.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, cookie: &str, path: &str) {
        let Ok(cookie) = cookie::Cookie::parse(cookie.to_owned()) else { return };
        let ended = cookie.max_age().is_some_and(|age| !age.is_positive());
        if ended || cookie.value().is_empty() {
            self.cookies.remove(cookie.name());
        } else {
            let below = cookie.path().unwrap_or(path).to_owned();
            self.cookies.insert(cookie.name().to_owned(), (cookie.value().to_owned(), below));
        }
    }
}

impl Page {
    /// Its forms, in their order.
    pub(super) fn forms(&self) -> Vec<Form> {
        let mut forms = Vec::new();
        for part in self.html.split("<form").skip(1) {
            let inner = part.split("</form>").next().unwrap_or_default();
            forms.push(form(inner));
        }
        forms
    }

    /// The address of the first link whose words contain `text`.
    pub(super) fn link(&self, text: &str) -> Option<String> {
        self.html.split("<a ").skip(1).find_map(|part| {
            let (tag, rest) = part.split_once('>')?;
            let inner = rest.split("</a>").next()?;
            words(inner).contains(text).then(|| attribute(tag, "href")).flatten()
        })
    }

    /// The words of its main part, without the tags.
    pub(super) fn words(&self) -> String {
        let main = self.html.split_once("<main").map_or(self.html.as_str(), |(_, main)| main);
        let main = main.split_once("</main>").map_or(main, |(main, _)| main);
        words(main.split_once('>').map_or(main, |(_, main)| main))
    }
}

fn form(inner: &str) -> Form {
    let (head, _) = inner.split_once('>').unwrap_or((inner, ""));
    let mut form =
        Form { action: attribute(head, "action").unwrap_or_default(), fields: Vec::new(), buttons: Vec::new() };
    for part in inner.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
        let name = attribute(tag, "name").unwrap_or_default();
        match tag.split_ascii_whitespace().next().unwrap_or_default() {
            "input" => {
                let kind = attribute(tag, "type").unwrap_or_default();
                let chosen = !matches!(kind.as_str(), "radio" | "checkbox") || has(tag, "checked");
                if chosen && !name.is_empty() && kind != "submit" {
                    form.fields.push((name, attribute(tag, "value").unwrap_or_default()));
                }
            }
            "textarea" => form.fields.push((name, unescaped(rest))),
            "option" if has(tag, "selected") => {
                if let Some(field) = form.fields.last_mut() {
                    field.1 = attribute(tag, "value").unwrap_or_default();
                }
            }
            "select" => form.fields.push((name, String::new())),
            "button" => form.buttons.push((name, attribute(tag, "value").unwrap_or_default(), unescaped(rest))),
            _ => {}
        }
    }
    form
}

fn has(tag: &str, attribute: &str) -> bool {
    tag.split_ascii_whitespace().any(|word| word.split('=').next() == Some(attribute))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\"")).map(|at| at + name.len() + 3);
    let start = start.or_else(|| tag.starts_with(&format!("{name}=\"")).then_some(name.len() + 2))?;
    let value = tag[start..].split('"').next()?;
    Some(unescaped(value))
}

fn words(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        text.push(' ');
    }
    unescaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn unescaped(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    let mut text = text.to_owned();
    for (escaped, plain) in named {
        text = text.replace(escaped, plain);
    }
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&amp;", "&")
}
