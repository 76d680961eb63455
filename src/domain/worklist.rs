//! The worklist of the desk: in which group a referral stands, and for whom it waits.

use crate::domain::code::coded;

coded! {
    /// Who must act next.
    WaitsOn {
        /// The clinic's link worker.
        Desk = "desk",
        /// The partner that was asked.
        Partner = "partner",
        /// A day, until which it is paused.
        Day = "day",
        /// The prescriber.
        Source = "source",
        /// Nobody: nothing more is expected.
        Nobody = "nobody",
    }
}

coded! {
    /// The groups of the worklist, in the order in which they are shown. A referral stands in the first that fits.
    Group {
        /// It has an [`Attention`](crate::domain::attention::Attention).
        Now = "now",
        /// Its date is past.
        Overdue = "overdue",
        /// Nobody at the desk has looked at it yet.
        New = "new",
        /// The desk must act within seven days.
        ThisWeek = "this-week",
        /// Everything else.
        Others = "others",
    }
}
