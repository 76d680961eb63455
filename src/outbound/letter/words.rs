//! The words of letters, in both languages side by side.

use jiff::civil::Date;

use crate::domain::routing::Language;
use crate::domain::spoken;
use crate::outbound::letter::LetterKind;

/// The subject without the reference.
pub(super) fn subject(kind: &LetterKind, language: Language) -> &'static str {
    let (english, french) = match kind {
        LetterKind::Referral => ("A referral is waiting for your answer", "Un aiguillage attend votre réponse"),
        LetterKind::Reminder => {
            ("Reminder: a referral is waiting for your answer", "Rappel : un aiguillage attend votre réponse")
        }
        LetterKind::Answered => ("Your question was answered", "Une réponse à votre question"),
        LetterKind::Changed => ("A referral has changed", "Un aiguillage a changé"),
        LetterKind::Withdrawn => ("A referral was withdrawn", "Un aiguillage a été retiré"),
        LetterKind::DidTheyCome => ("Did they come?", "La personne est-elle venue?"),
        LetterKind::Code(_) => ("Your code is in this message", "Votre code est dans ce message"),
    };
    pick(language, english, french)
}

fn pick<T>(language: Language, english: T, french: T) -> T {
    match language {
        Language::English => english,
        Language::French => french,
    }
}

/// What a clinic says in one language.
pub(super) struct Said {
    pub(super) clinic: String,
    pub(super) language: Language,
}

impl Said {
    fn pick<T>(&self, english: T, french: T) -> T {
        pick(self.language, english, french)
    }

    pub(super) fn opening(&self, kind: &LetterKind) -> String {
        let clinic = &self.clinic;
        match kind {
            LetterKind::Referral => self.pick(
                format!("{clinic} has sent you a referral and asks for your answer."),
                format!("{clinic} vous a envoyé un aiguillage et attend votre réponse."),
            ),
            LetterKind::Reminder => self.pick(
                format!("{clinic} has sent you a referral and has not heard from you yet."),
                format!("{clinic} vous a envoyé un aiguillage et n'a pas encore reçu de réponse."),
            ),
            LetterKind::Answered => self.pick(
                format!("{clinic} has answered your question about a referral."),
                format!("{clinic} a répondu à votre question au sujet d'un aiguillage."),
            ),
            LetterKind::Changed => self.pick(
                format!("{clinic} has changed a referral that it sent to you."),
                format!("{clinic} a modifié un aiguillage qui vous a été envoyé."),
            ),
            LetterKind::Withdrawn => self.pick(
                format!("{clinic} has withdrawn a referral that it sent to you. Nothing is asked of you."),
                format!("{clinic} a retiré un aiguillage qui vous a été envoyé. Rien ne vous est demandé."),
            ),
            LetterKind::DidTheyCome => self.pick(
                format!("You accepted a referral from {clinic}. Did they come? Please tell how it went."),
                format!(
                    "Vous avez accepté un aiguillage de {clinic}. La personne est-elle venue? Dites-nous comment cela \
                     s'est passé."
                ),
            ),
            LetterKind::Code(code) => self.pick(
                format!(
                    "Your code: {code}\nIt is valid for 10 minutes. Type it on the page that asked for it, and give \
                     it to nobody."
                ),
                format!(
                    "Votre code : {code}\nIl est valide pendant 10 minutes. Saisissez-le dans la page qui le demande \
                     et ne le donnez à personne."
                ),
            ),
        }
    }

    pub(super) fn reply_by(&self, date: Date) -> String {
        let day = spoken::day(&date.to_string(), self.language);
        self.pick(format!("Please reply by {day}."), format!("Veuillez répondre au plus tard le {day}."))
    }

    pub(super) fn before_link(&self) -> &'static str {
        self.pick("To read and answer it, open this link:", "Pour lire et répondre, ouvrez ce lien :")
    }

    pub(super) fn questions(&self, phone: &str) -> String {
        self.pick(format!("Questions? Call {phone}."), format!("Des questions? Appelez le {phone}."))
    }

    pub(super) fn closing(&self, has_phone: bool) -> &'static str {
        if has_phone {
            self.pick(
                "This message holds no personal information. If you were not expecting it, call us.",
                "Ce message ne contient aucun renseignement personnel. Si vous ne l'attendiez pas, appelez-nous.",
            )
        } else {
            self.pick(
                "This message holds no personal information. If you were not expecting it, do nothing.",
                "Ce message ne contient aucun renseignement personnel. Si vous ne l'attendiez pas, ignorez-le.",
            )
        }
    }
}
