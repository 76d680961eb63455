//! As much of a browser as weighing pages needs: cookies, the hidden fields of a form, and what a first view loads.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use flate2::read::GzDecoder;

use crate::client::{Answer, Connection};

/// What looks at pages: an address and its cookies.
pub(crate) struct Browser {
    pub(crate) to: SocketAddr,
    cookies: BTreeMap<String, String>,
}

/// What a first view of a page loads.
pub(crate) struct Weight {
    /// Bytes of the page before packing.
    pub(crate) html: usize,
    /// Bytes of the page as they were sent.
    pub(crate) html_sent: usize,
    /// Bytes of style and script as they were sent.
    pub(crate) assets: usize,
    /// Page, style, script, images; without the icon, which no page waits for.
    pub(crate) requests: usize,
}

impl Browser {
    pub(crate) fn new(to: SocketAddr) -> Self {
        Self { to, cookies: BTreeMap::new() }
    }

    pub(crate) fn keep(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// The bytes of a GET.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\naccept-encoding: gzip\r\n\
             sec-fetch-site: same-origin\r\n{}\r\n",
            self.to,
            self.cookie()
        )
        .into_bytes()
    }

    /// The bytes of a form that is sent.
    pub(crate) fn post(&self, path: &str, fields: &[(String, String)]) -> Vec<u8> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\nsec-fetch-site: same-origin\r\n{}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.to,
            self.cookie(),
            body.len()
        )
        .into_bytes()
    }

    fn cookie(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { String::new() } else { format!("cookie: {}\r\n", pairs.join("; ")) }
    }

    /// Asks, and keeps the cookies of the answer.
    pub(crate) async fn ask(&mut self, request: &[u8], expected: u16) -> anyhow::Result<Answer> {
        let answer = Connection::open(self.to).await?.ask(request).await?;
        if answer.status != expected {
            let line = String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
            bail!("{line} was answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        let cookies: Vec<_> = answer.headers("set-cookie").map(str::to_owned).collect();
        for cookie in cookies {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.keep(name, value);
            }
        }
        Ok(answer)
    }

    /// The page as text.
    pub(crate) async fn page(&mut self, path: &str) -> anyhow::Result<String> {
        unpacked(&self.ask(&self.get(path), 200).await?)
    }

    /// Signs a member of staff in.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> anyhow::Result<()> {
        let page = self.page("/sign-in").await?;
        let mut fields = hidden(&page, "/sign-in")?;
        fields.push(("name".into(), name.into()));
        fields.push(("password".into(), password.into()));
        self.ask(&self.post("/sign-in", &fields), 303).await.map(drop)
    }

    /// Follows a partner's link to its address without the secret.
    pub(crate) async fn follow(&mut self, link: &str) -> anyhow::Result<String> {
        let answer = self.ask(&self.get(&format!("/p/{link}")), 303).await?;
        let place = answer.headers("location").next().context("the link leads nowhere")?;
        Ok(place.to_owned())
    }

    /// Loads a page as somebody does who was never here.
    pub(crate) async fn weigh(&mut self, path: &str) -> anyhow::Result<Weight> {
        let answer = self.ask(&self.get(path), 200).await?;
        let page = unpacked(&answer)?;
        let mut weight = Weight { html: page.len(), html_sent: answer.body.len(), assets: 0, requests: 1 };
        for tag in page.split('<').filter(|tag| is_loaded(tag)) {
            let address = attribute(tag, "href").or_else(|| attribute(tag, "src")).context("what is loaded?")?;
            weight.assets += self.ask(&self.get(address), 200).await?.body.len();
            weight.requests += 1;
        }
        Ok(weight)
    }
}

fn is_loaded(tag: &str) -> bool {
    tag.starts_with("link rel=\"stylesheet\"") || tag.starts_with("script src=") || tag.starts_with("img ")
}

fn unpacked(answer: &Answer) -> anyhow::Result<String> {
    let mut text = String::new();
    match answer.headers("content-encoding").next() {
        None => answer.body.as_slice().read_to_string(&mut text)?,
        Some("gzip") => GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text)?,
        Some(other) => bail!("packed with {other}"),
    };
    Ok(text)
}

/// The first value of an attribute.
pub(crate) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// The hidden fields of the form that is sent to `action`.
pub(crate) fn hidden(page: &str, action: &str) -> anyhow::Result<Vec<(String, String)>> {
    let (_, form) =
        page.split_once(&format!("<form method=\"post\" action=\"{action}\"")).context("no such form")?;
    let form = form.split("</form>").next().unwrap_or_default();
    let inputs = form.split("<input type=\"hidden\"").skip(1);
    Ok(inputs
        .filter_map(|input| Some((attribute(input, "name")?.to_owned(), attribute(input, "value")?.to_owned())))
        .collect())
}
