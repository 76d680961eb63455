//! Letters: what is written to a partner that has nothing but mail, as plain text and as simple HTML.
//!
//! Never a name, a need or a programme; no image and nothing that tells whether it was opened (PAGES-AND-CLI, section
//! 5.2). Both languages stand in each letter, the partner's own first.

mod words;

use jiff::civil::Date;

use crate::domain::routing::Language;

/// One letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about.
    pub kind: LetterKind,
    /// Who sends it: the clinic, as people call it.
    pub clinic: String,
    /// What people call the referral: `LR-4F7K-2M`.
    pub reference: Option<String>,
    /// By when an answer is hoped for.
    pub reply_by: Option<Date>,
    /// Where the partner reads and answers. Holds a secret.
    pub link: Option<String>,
    /// Whom to call with questions.
    pub phone: Option<String>,
    /// Which language comes first.
    pub language: Language,
    /// Stays the same when the letter is sent again: letters, digits and `-`.
    pub message_id: String,
}

/// What a letter is about.
#[derive(Clone, PartialEq, Eq)]
pub enum LetterKind {
    /// A referral was sent to the partner.
    Referral,
    /// It still waits for an answer.
    Reminder,
    /// The partner asked, and was answered.
    Answered,
    /// Something of the referral is different now.
    Changed,
    /// Nothing is asked of the partner any more.
    Withdrawn,
    /// The partner took it on: what came of it?
    DidTheyCome,
    /// Six digits that open the partner's pages. They live 10 minutes (ASVS 5.0, 6.5.5).
    Code(String),
}

impl LetterKind {
    /// What a message of the outbox is written as; `is_taken`: the partner has accepted.
    pub fn of(event: &str, is_taken: bool) -> Self {
        match event {
            "referral.requested" => Self::Referral,
            "referral.reminder" if is_taken => Self::DidTheyCome,
            "referral.reminder" => Self::Reminder,
            "referral.answered" => Self::Answered,
            "referral.cancelled" | "referral.retracted" | "referral.withdrawn" => Self::Withdrawn,
            _ => Self::Changed,
        }
    }
}

impl std::fmt::Debug for Letter {
    /// Neither the link nor a code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LetterKind {
    /// Not the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Referral => "Referral",
            Self::Reminder => "Reminder",
            Self::Answered => "Answered",
            Self::Changed => "Changed",
            Self::Withdrawn => "Withdrawn",
            Self::DidTheyCome => "DidTheyCome",
            Self::Code(_) => "Code(..)",
        })
    }
}

/// A paragraph: words, or the link.
enum Paragraph {
    Words(String),
    Link(String),
}

impl Letter {
    /// The subject, in the partner's language: one line.
    pub fn subject(&self) -> String {
        let subject = words::subject(&self.kind, self.language);
        match &self.reference {
            Some(reference) => format!("{subject} ({})", one_line(reference)),
            None => subject.to_owned(),
        }
    }

    /// The plain text, its lines ending in `\n`.
    pub fn text(&self) -> String {
        self.languages()
            .map(|language| {
                let paragraphs = self.paragraphs(language).into_iter().map(|paragraph| match paragraph {
                    Paragraph::Words(text) | Paragraph::Link(text) => text,
                });
                paragraphs.collect::<Vec<_>>().join("\n\n")
            })
            .join("\n\n--------\n\n")
            + "\n"
    }

    /// The same as HTML: paragraphs and one link.
    pub fn html(&self) -> String {
        let halves = self.languages().map(|language| {
            let paragraphs = self.paragraphs(language).into_iter().map(|paragraph| match paragraph {
                Paragraph::Words(text) => format!("<p>{}</p>\n", escaped(&text)),
                Paragraph::Link(link) => format!("<p><a href=\"{0}\">{0}</a></p>\n", escaped(&link)),
            });
            format!("<div lang=\"{}\">\n{}</div>\n", tag(language), paragraphs.collect::<String>())
        });
        format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n{}</body>\n</html>\n",
            tag(self.language),
            escaped(&self.subject()),
            halves.join("<hr>\n")
        )
    }

    fn languages(&self) -> [Language; 2] {
        match self.language {
            Language::English => [Language::English, Language::French],
            Language::French => [Language::French, Language::English],
        }
    }

    fn paragraphs(&self, language: Language) -> Vec<Paragraph> {
        let said = words::Said { clinic: one_line(&self.clinic), language };
        let mut paragraphs = vec![Paragraph::Words(said.opening(&self.kind))];
        if let (Some(date), true) = (self.reply_by, self.asks()) {
            paragraphs.push(Paragraph::Words(said.reply_by(date)));
        }
        if let Some(link) = &self.link {
            paragraphs.push(Paragraph::Words(said.before_link().to_owned()));
            paragraphs.push(Paragraph::Link(one_line(link)));
        }
        if let Some(phone) = &self.phone {
            paragraphs.push(Paragraph::Words(said.questions(&one_line(phone))));
        }
        paragraphs.push(Paragraph::Words(said.closing(self.phone.is_some()).to_owned()));
        paragraphs
    }

    fn asks(&self) -> bool {
        match self.kind {
            LetterKind::Referral | LetterKind::Reminder | LetterKind::Answered | LetterKind::DidTheyCome => true,
            LetterKind::Changed | LetterKind::Withdrawn | LetterKind::Code(_) => false,
        }
    }
}

/// A text without what could begin another line, or another header field.
pub(crate) fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if is_odd(letter) { ' ' } else { letter }).collect();
    plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Control characters, line separators, and marks that turn the direction of what follows.
fn is_odd(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en-CA",
        Language::French => "fr-CA",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
