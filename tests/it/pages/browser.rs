//! A browser without script: it keeps cookies, follows redirects, reads forms out of pages and sends them.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::HeaderMap;

/// One browser of one person.
pub(crate) struct Browser {
    base: String,
    http: reqwest::Client,
    /// Its cookies, by name.
    pub(crate) cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub(crate) language: &'static str,
    /// What it says of where a POST comes from: name and value of a header.
    pub(crate) site: Vec<(&'static str, String)>,
}

/// A page, or what else came.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Path and query at which it stands.
    pub(crate) at: String,
    pub(crate) html: String,
}

/// A form as it would be sent.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Form {
    /// The same with a field typed anew; an empty list of values unticks it.
    pub(crate) fn with(mut self, name: &str, values: &[&str]) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.extend(values.iter().map(|value| (name.to_owned(), (*value).to_owned())));
        self
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "plays a browser, which is not Lariat's post room")]
        let http =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let site = vec![("sec-fetch-site", "same-origin".to_owned())];
        Self { base: base.to_owned(), http, cookies: BTreeMap::new(), language: "en-CA", site }
    }

    /// One request, its redirect not followed.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Page {
        let is_post = method == Method::POST;
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header("accept", "text/html").header("accept-language", self.language);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        if is_post {
            for (name, value) in &self.site {
                request = request.header(*name, value);
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned());
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Page { status, headers, at: path.to_owned(), html: answer.text().await.unwrap() }
    }

    /// The page at `path`, redirects followed.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let page = self.ask(Method::GET, path, &[], None).await;
        self.follow(page).await
    }

    /// Sends a form; the redirect is not followed.
    pub(crate) async fn post(&mut self, form: &Form) -> Page {
        self.post_to(&form.action, form).await
    }

    /// The same through a button that names another address.
    pub(crate) async fn post_to(&mut self, path: &str, form: &Form) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        self.ask(Method::POST, path, &[], Some(&body)).await
    }

    /// Sends a form and follows where it leads.
    pub(crate) async fn send(&mut self, form: &Form) -> Page {
        let page = self.post(form).await;
        self.follow(page).await
    }

    async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..5 {
            if !(300..400).contains(&page.status) {
                return page;
            }
            let to = page.header("location").to_owned();
            page = self.ask(Method::GET, &to, &[], None).await;
        }
        panic!("redirected in a circle: {}", page.at);
    }
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The form that is posted to `action`.
    pub(crate) fn form(&self, action: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action == action);
        found.unwrap_or_else(|| panic!("{} {}: no form for {action}:\n{}", self.status, self.at, self.html))
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        let parts = self.html.split("<form ").skip(1);
        parts.map(|part| read(part.split("</form>").next().unwrap())).collect()
    }

    pub(crate) fn title(&self) -> String {
        unescape(between(&self.html, "<title>", "</title>").unwrap_or_default())
    }

    /// What is said to be wrong, in the summary.
    pub(crate) fn errors(&self) -> Vec<String> {
        let Some(summary) = between(&self.html, "class=\"errors\"", "</div>") else { return Vec::new() };
        summary.split("<li>").skip(1).map(|item| text(item.split("</li>").next().unwrap())).collect()
    }
}

fn read(form: &str) -> Form {
    let head = form.split('>').next().unwrap();
    let mut fields = Vec::new();
    let mut rest = form;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let tag = rest.split('>').next().unwrap();
        let name = attribute(tag, "name").unwrap_or_default();
        if tag.starts_with("input") {
            let kind = attribute(tag, "type").unwrap_or_default();
            let ticked = !["radio", "checkbox"].contains(&kind.as_str()) || tag.ends_with(" checked");
            if ticked && !name.is_empty() {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        } else if tag.starts_with("textarea") {
            let typed = between(rest, ">", "</textarea>").unwrap();
            fields.push((name, unescape(typed.strip_prefix('\n').unwrap_or(typed))));
        } else if tag.starts_with("select") {
            let options = between(rest, ">", "</select>").unwrap();
            let mut chosen = options.split("<option ").skip(1);
            let picked = chosen.clone().find(|option| option.split('>').next().unwrap().ends_with(" selected"));
            let option = picked.or_else(|| chosen.next()).unwrap();
            fields.push((name, attribute(option, "value").unwrap_or_default()));
        }
    }
    Form { action: attribute(head, "action").unwrap_or_default(), fields }
}

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    between(tag, &format!(" {name}=\""), "\"")
        .or_else(|| tag.strip_prefix(&format!("{name}=\"")).and_then(|rest| rest.split('"').next()))
        .map(unescape)
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let from = text.find(begin)? + begin.len();
    let to = text[from..].find(end)?;
    Some(&text[from..from + to])
}

/// What is read of a piece of a page.
pub(crate) fn text(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if inside => {}
            _ => out.push(letter),
        }
    }
    unescape(&out).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescape(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}
