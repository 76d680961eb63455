//! Closed lists of codes: one way to write an enum whose every value has a code that is stored and exchanged.

/// The text is none of the codes of the list in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a code of this list")]
pub struct UnknownCode;

/// Declares an enum with its codes. A code is stored, so a released one never changes.
macro_rules! coded {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $value:ident = $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$what])* $value,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value,)+];

            /// The code, as stored and exchanged.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$value => $code,)+
                }
            }

            /// The value of a code; upper and lower case are different codes.
            pub fn from_code(code: &str) -> Result<Self, $crate::domain::code::UnknownCode> {
                Self::ALL.iter().copied().find(|value| value.code() == code).ok_or($crate::domain::code::UnknownCode)
            }
        }
    };
}
pub(crate) use coded;
