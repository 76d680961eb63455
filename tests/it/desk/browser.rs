//! A browser without script: it keeps cookies, follows nothing by itself, and sends forms as it was given them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::desk::house::{DeskHouse, PASSWORD};

pub(super) struct Browser<'a> {
    house: &'a DeskHouse,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) html: String,
    pub(super) location: String,
}

impl Answered {
    pub(super) fn has(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    #[track_caller]
    pub(super) fn shows(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.has(text), "{}: {text} is not on the page:\n{}", self.status, self.html);
        }
        self
    }

    /// What a form on the page holds by itself, in order: the hidden fields and the ticked choices.
    #[track_caller]
    pub(super) fn form(&self, action: &str) -> Vec<(String, String)> {
        let start = format!("action=\"{action}\"");
        let at = self.html.find(&start).unwrap_or_else(|| panic!("no form for {action}:\n{}", self.html));
        let form = &self.html[at..at + self.html[at..].find("</form>").unwrap()];
        let inputs = form.split("<input ").skip(1).map(|rest| &rest[..rest.find('>').unwrap()]);
        let fields = inputs.filter_map(|input| {
            let is_given = input.contains("type=\"hidden\"") || input.contains(" checked");
            is_given.then(|| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())))?
        });
        let mut fields: Vec<_> = fields.collect();
        for select in form.split("<select ").skip(1) {
            let select = &select[..select.find("</select>").unwrap()];
            let chosen = select.split("<option ").skip(1).find(|option| option.contains(" selected"));
            let chosen =
                chosen.or_else(|| select.split("<option ").nth(1)).and_then(|option| attribute(option, "value"));
            fields.extend(attribute(select, "name").zip(chosen));
        }
        fields
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!("{name}=\"");
    let at = tag.find(&start)? + start.len();
    let value = &tag[at..at + tag[at..].find('"')?];
    Some(value.replace("&#34;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&"))
}

impl<'a> Browser<'a> {
    pub(super) fn open(house: &'a DeskHouse) -> Self {
        Self { house, cookies: Mutex::default() }
    }

    /// Somebody who has signed in.
    pub(super) async fn of(house: &'a DeskHouse, name: &str) -> Self {
        let browser = Self::open(house);
        let page = browser.get("/sign-in").await;
        let answer = browser.send(&page, "/sign-in", &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/desk"), "{}", answer.html);
        browser
    }

    /// Loses the session's cookie, as after signing out in another window.
    pub(super) fn lose_session(&self) {
        self.cookies.lock().unwrap().retain(|name, _| !name.ends_with("lariat"));
    }

    pub(super) async fn get(&self, path: &str) -> Answered {
        let request = self.house.http.get(format!("{}{path}", self.house.base));
        self.ask(request).await
    }

    /// Opens a page of which nothing is wrong.
    #[track_caller]
    pub(super) fn page<'b>(&'b self, path: &'b str) -> impl Future<Output = Answered> + 'b {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.get(path).await;
            assert_eq!(answer.status, 200, "{caller}: {path} {}\n{}", answer.location, answer.html);
            answer
        }
    }

    /// Sends the form of a page with what is typed into it.
    pub(super) async fn send(&self, page: &Answered, action: &str, typed: &[(&str, &str)]) -> Answered {
        let mut fields = page.form(action);
        fields.retain(|(name, _)| name.starts_with('_') || !typed.iter().any(|(typed, _)| typed == name));
        fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(action, &fields).await
    }

    pub(super) async fn post(&self, action: &str, fields: &[(String, String)]) -> Answered {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .house
            .http
            .post(format!("{}{action}", self.house.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(body);
        self.ask(request).await
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Answered {
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let request = request.header("cookie", cookies.join("; ")).header("accept", "text/html");
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let location = answer.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        Answered { status: answer.status().as_u16(), location, html: answer.text().await.unwrap() }
    }
}
