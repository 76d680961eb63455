//! Decimals as FHIR means them: exact, and with the digits that were written (`1.10` has two after the point).

use std::cmp::Ordering;
use std::fmt;

/// Digits after the point of a quotient that does not end sooner.
const QUOTIENT_DIGITS: u32 = 20;
/// Digits after the point that are kept at most; an `i128` holds 38 digits in all.
const SCALE_MAX: u32 = 37;

/// A number of up to 38 digits. What does not fit is `None` in every operation: FHIRPath makes an overflow empty.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// An `i128` in two halves, so that values stay small and are aligned like everything else.
    halves: [u64; 2],
    scale: u32,
}

impl Decimal {
    /// One, as the factor of a unit.
    pub(super) const ONE: Self = Self::of(1, 0);

    /// `mantissa` with its point moved `scale` digits to the left.
    pub(super) const fn of(mantissa: i128, scale: u32) -> Self {
        Self { halves: [(mantissa >> 64) as u64, mantissa as u64], scale }
    }

    fn mantissa(self) -> i128 {
        (i128::from(self.halves[0] as i64) << 64) | i128::from(self.halves[1])
    }

    /// Digits after the point as written.
    pub(super) fn scale(self) -> u32 {
        self.scale
    }

    /// Reads `-12.50` and `1.5e3`: what JSON and FHIRPath call a number.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if whole.is_empty() || (fraction.is_empty() && unsigned.contains('.')) {
            return None;
        }
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit))?;
        }
        if number.starts_with('-') {
            mantissa = -mantissa;
        }
        let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
        match u32::try_from(scale) {
            Ok(scale) if scale <= SCALE_MAX => Some(Self::of(mantissa, scale)),
            Ok(_) => None,
            Err(_) => {
                Some(Self::of(mantissa.checked_mul(power_of_ten(scale.unsigned_abs().try_into().ok()?)?)?, 0))
            }
        }
    }

    /// The same number with another count of digits after the point; `None` when digits would be lost.
    fn at_scale(self, scale: u32) -> Option<i128> {
        self.mantissa().checked_mul(power_of_ten(scale.checked_sub(self.scale)?)?)
    }

    /// Both mantissas under one scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(one), Some(two)) => Some((one, two, scale)),
            // Trailing zeros may be all that was too much.
            _ => {
                let (one, two) = (self.trimmed(), other.trimmed());
                let scale = one.scale.max(two.scale);
                Some((one.at_scale(scale)?, two.at_scale(scale)?, scale))
            }
        }
    }

    /// Without zeros at the end of the fraction.
    pub(super) fn trimmed(self) -> Self {
        let (mut mantissa, mut scale) = (self.mantissa(), self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self::of(mantissa, scale)
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let (one, two, scale) = self.aligned(other)?;
        Some(Self::of(one.checked_add(two)?, scale))
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        let exact = |one: Self, two: Self| {
            let scale = Some(one.scale + two.scale).filter(|scale| *scale <= SCALE_MAX)?;
            Some(Self::of(one.mantissa().checked_mul(two.mantissa())?, scale))
        };
        exact(self, other).or_else(|| exact(self.trimmed(), other.trimmed()))
    }

    /// The quotient, rounded at its last digit where it does not end; `None` for a division by zero.
    pub(super) fn over(self, other: Self) -> Option<Self> {
        let (one, two, _) = self.aligned(other)?;
        let whole = one.checked_div(two)?;
        let (mut rest, mut quotient, mut scale) = (one.checked_rem(two)?, whole, 0);
        while rest != 0 && scale < QUOTIENT_DIGITS {
            let (Some(next_rest), Some(next)) = (rest.checked_mul(10), quotient.checked_mul(10)) else { break };
            let Some(next) = next.checked_add(next_rest / two) else { break };
            (rest, quotient, scale) = (next_rest % two, next, scale + 1);
        }
        if rest.checked_mul(2).is_none_or(|twice| twice.unsigned_abs() >= two.unsigned_abs()) && rest != 0 {
            quotient = quotient.checked_add(if (one < 0) == (two < 0) { 1 } else { -1 })?;
        }
        Some(Self::of(quotient, scale).trimmed())
    }

    /// The quotient without its fraction.
    pub(super) fn divided_whole(self, other: Self) -> Option<Self> {
        let (one, two, _) = self.aligned(other)?;
        Some(Self::of(one.checked_div(two)?, 0))
    }

    /// What a division into a whole number leaves.
    pub(super) fn rest(self, other: Self) -> Option<Self> {
        let (one, two, scale) = self.aligned(other)?;
        Some(Self::of(one.checked_rem(two)?, scale))
    }

    /// `base` multiplied by itself; `None` for an exponent that is negative or leads too far.
    pub(super) fn raised(self, exponent: u32) -> Option<Self> {
        let (mut result, mut base, mut rest) = (Self::ONE, self, exponent);
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.times(base)?;
            }
            rest >>= 1;
            if rest > 0 {
                base = base.times(base)?;
            }
        }
        Some(result)
    }

    pub(super) fn negated(self) -> Self {
        Self::of(self.mantissa().wrapping_neg(), self.scale)
    }

    pub(super) fn is_negative(self) -> bool {
        self.mantissa() < 0
    }

    /// The next whole number towards minus infinity.
    pub(super) fn floor(self) -> Option<Self> {
        Some(Self::of(self.mantissa().div_euclid(power_of_ten(self.scale)?), 0))
    }

    /// The next whole number towards infinity.
    pub(super) fn ceiling(self) -> Option<Self> {
        self.negated().floor().map(Self::negated)
    }

    /// Without its fraction.
    pub(super) fn truncated(self) -> Option<Self> {
        Some(Self::of(self.mantissa().checked_div(power_of_ten(self.scale)?)?, 0))
    }

    /// With `digits` after the point at most, halves away from zero.
    pub(super) fn rounded(self, digits: u32) -> Option<Self> {
        let Some(surplus) = self.scale.checked_sub(digits).filter(|surplus| *surplus > 0) else {
            return Some(self);
        };
        let unit = power_of_ten(surplus)?;
        let half = if self.is_negative() { -(unit / 2) } else { unit / 2 };
        Some(Self::of(self.mantissa().checked_add(half)? / unit, digits))
    }

    /// Cut or filled to exactly `digits` after the point, towards minus infinity (`down`) or infinity.
    pub(super) fn with_digits(self, digits: u32, down: bool) -> Option<Self> {
        if let Some(mantissa) = self.at_scale(digits) {
            return Some(Self::of(mantissa, digits));
        }
        let unit = power_of_ten(self.scale - digits)?;
        let mantissa = self.mantissa();
        Some(Self::of(if down { mantissa.div_euclid(unit) } else { -(-mantissa).div_euclid(unit) }, digits))
    }

    /// The whole number that it is, if it is one.
    pub(super) fn integer(self) -> Option<i64> {
        let trimmed = self.trimmed();
        (trimmed.scale == 0).then(|| trimmed.mantissa().try_into().ok())?
    }

    pub(super) fn float(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The shortest decimal that is this number; `None` for what is none.
    pub(super) fn of_float(number: f64) -> Option<Self> {
        number.is_finite().then(|| Self::parse(&number.to_string()))?
    }

    /// Which is greater. Numbers that cannot be put under one scale differ so much that their floats tell.
    pub(super) fn order(self, other: Self) -> Ordering {
        match self.aligned(other) {
            Some((one, two, _)) => one.cmp(&two),
            None => self.float().total_cmp(&other.float()),
        }
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self::of(i128::from(number), 0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa().unsigned_abs().to_string();
        let scale = self.scale as usize;
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let sign = if self.is_negative() { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}
