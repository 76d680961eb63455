# Pages of partners.
partner-arrival-title = A referral for you
partner-arrival-heading = You have a referral from { $clinic }
partner-arrival-for = For { $partner }.
partner-arrival-count = { $count ->
    [0] Nothing is waiting for your answer. You can look at what you answered before.
    [one] 1 referral is waiting for your answer.
   *[other] { $count } referrals are waiting for your answer.
}
partner-arrival-code = To see it, you need a 6-digit code. We send it to { $address }.
partner-arrival-send = Send me a code
partner-genuine-title = Is this genuine?
partner-genuine-text = This page holds no personal information. The code goes only to the address that the clinic has on file for you.
partner-phone = Questions? Call { $phone }.
partner-again-title = Type a code to go on
partner-again-text = Thirty minutes are over, or no code was typed here yet.
partner-again-kept = Thirty minutes are over, or no code was typed here yet. What you had typed is kept for ten minutes.
partner-back-arrival = Back to the first page

partner-code-title = Enter the 6-digit code
partner-code-sent = We sent it to { $address }. It is good for 10 minutes.
partner-code-not-sent = No code is good now. Ask for one below.
partner-code-label = Code
partner-code-hint = Six digits. You can paste it.
partner-code-continue = Continue
partner-code-none = No code?
partner-code-call = Look in your junk mail, or call { $phone }.
partner-code-another = Send another code
partner-code-problem = No code was sent
partner-code-unsent = The mail could not be sent. Try again in a minute, or call us.
partner-code-too-many = { $count ->
    [5] You have had five codes within an hour. Type the last one where you asked for it, or ask again at { $time }.
   *[other] Your address has had { $count } codes within an hour, for all referrals together. Go on where you typed one, or ask again at { $time }.
}
partner-code-missing = Enter the six digits of the code that we sent to you
partner-code-wrong = Check the code: this one is not right, or its 10 minutes are over
partner-code-locked = There were too many tries. Wait until { $time }, then ask for a new code.

partner-ended-title = This page cannot be opened here
partner-ended-typed = Your answer was not sent, and is not kept. Copy what you wrote:
partner-ended-text = On another device, or from a bookmark, open the link in the message again, or ask for a new message below. If the link shows this page too, it may be too old, or the referral may have been withdrawn.
partner-ended-call = To speak with somebody, call the number in the message that brought you here.
partner-ended-renew = Send a new link to the address on file
partner-renewed-title = If we know this link, a new one is on its way
partner-renewed-text = It goes to the address that the clinic has on file. Look there in a few minutes.
partner-finished-title = You have finished
partner-finished-text = Nothing is left on this computer. To come back, open the link in the message again.

partner-session-title = On a computer that others use?
partner-session-ends = This visit ends at { $time }.
partner-session-extend = Give me 30 minutes more
partner-session-finish = Finish and clear

partner-inbox-title = Waiting for you ({ $count })
partner-inbox-waiting = Waiting for you
partner-inbox-taken = Taken on by you
partner-inbox-ended = Ended in the last 30 days
partner-inbox-empty = No referrals are waiting for you. New ones come by e-mail when a clinic sends them.
partner-inbox-line = { $reference } from { $clinic }
partner-back-inbox = Back to all referrals
partner-tag-waiting = Waiting for answer
partner-tag-asked = You asked a question
partner-tag-answered = Your question was answered
partner-tag-accepted = Accepted
partner-tag-under-way = Under way
partner-tag-on-hold = On hold
partner-tag-outcome = Outcome received
partner-tag-failed = Closed, not achieved
partner-tag-declined = Declined
partner-tag-cancelled = Cancelled

partner-referral-title = Referral { $reference }
partner-question = Can you take this person?
partner-from = Referral { $reference } from { $clinic }
partner-about = Referral { $reference }
partner-reply-by = Reply by { $day }.
partner-urgency = Urgency
partner-urgency-urgent = Urgent
partner-urgency-asap = As soon as possible
partner-urgency-stat = At once
partner-need = Need
partner-person = Person
partner-contact = How to reach
partner-message = From the link worker
partner-uptake = Did they come?
partner-attended-on = First visit
partner-outcome = Outcome
partner-reason = Reason
partner-closed-goals-met = Closed by the clinic: the goals have been reached
partner-closed-goals-partly-met = Closed by the clinic: some of the goals have been reached
partner-closed-beyond-scope = Closed by the clinic: what is needed is beyond the clinic’s role or capacity
partner-closed-declined = Closed by the clinic: the person does not want the service
partner-closed-unable-to-contact = Closed by the clinic: the person could not be reached
partner-closed-moved = Closed by the clinic: the person has moved away
partner-closed-no-longer-needed = Closed by the clinic: the service is no longer needed
partner-closed-sent-in-error = Closed by the clinic: it was sent in error
partner-closed-other = Closed by the clinic
partner-closed-died = The clinic has called the referral off
partner-age = { $first } to { $last }
partner-age-over = { $first } or older
partner-age-child = under 18
partner-town = lives in { $town }
partner-speaks = speaks { $language }
partner-way-phone = Phone
partner-way-email = E-mail
partner-way-sms = Text message
partner-way-other = Another way
partner-contact-later = { $ways }. You get it when you accept.
partner-contact-prohibited = Do not contact this person. Speak with the link worker.
partner-uptake-attended = They came
partner-uptake-partial = They came in part
partner-uptake-not-attended = They did not come
partner-uptake-unknown = Not known yet
partner-notes = What was written
partner-note-clinic = The clinic
partner-accept = Accept
partner-decline = Decline
partner-ask-link = Ask for information
partner-uptake-link = Did they come?
partner-outcome-link = How did it go?
partner-stop-link = You cannot go on?
partner-why-no-more = Why do I not see more?
partner-why-no-more-text = You see what you need to answer, and what the person has agreed to. Ask if you need to know more.
partner-withdrawn-title = This referral was withdrawn
partner-withdrawn-text = Nothing is asked of you.
partner-over-title = This referral has ended
partner-over-text = It ended 30 days ago or earlier. What it said about the person is not shown any more. Nothing is asked of you.

partner-ask-title = Ask for information
partner-ask-label = Your question
partner-ask-hint = Do not write names or health details that you were not given. The answer comes by e-mail.
partner-ask-send = Send the question
partner-ask-missing = Enter your question
partner-stop-title = Say that you cannot go on
partner-stop-label = Why can you not go on?
partner-stop-hint = The clinic is told, and looks for another way. Your acceptance ends.
partner-stop-send = Send
partner-stop-missing = Enter why you cannot go on

partner-decline-title = Decline this referral
partner-because-label = Why?
partner-because-full = We are full
partner-because-not-eligible = Not eligible
partner-because-out-of-area = Outside our area
partner-because-service-ended = The service has ended
partner-because-language = We do not offer it in their language
partner-because-unsafe = We cannot meet this need safely
partner-because-could-not-reach = We could not reach them
partner-because-other = Another reason
partner-because-missing = Choose why you decline
partner-until-label = If you are full: until when? (optional)
partner-until-hint = For example 15 4 2027
partner-until-wrong = Enter a date after today, like 2027 04 15
partner-until-unused = A date goes only with “We are full”: choose that, or take the date out
partner-words-label = In your own words (optional)
partner-words-hint = For example which rule is not met. It is read by the clinic.
partner-words-missing = Enter the reason in a few words
partner-listing-label = You may update our listing with this answer
partner-instead-label = Who else might help? (optional)
partner-decline-send = Send

partner-uptake-title = Did they come?
partner-came-label = Did the person come?
partner-came-yes = Yes
partner-came-booked = Not yet, a first visit is booked
partner-came-partly = In part
partner-came-no = No
partner-came-not-yet = Not yet
partner-came-missing = Choose whether they came
partner-on-label = First visit (optional)
partner-on-hint = The day they came, or the day that is booked. For example 15 4 2027
partner-on-wrong = Enter a date not after today, like 2027 03 01
partner-on-before = That is before the referral was sent, on { $day }. Enter that day or a later one
partner-on-unused = A date goes with a visit: choose “Yes”, “In part” or “booked”, or take the date out
partner-why-unused = A reason goes with a visit that did not take place: choose another answer, or take the reason out
partner-booked-wrong = Enter the booked date, today or later, like 2027 04 15
partner-why-label = If they did not come: why? (optional)
partner-why-unsaid = Not known
partner-why-cost = Cost
partner-why-transport = Transport
partner-why-time = Time of day
partner-why-language = Language
partner-why-health = Health
partner-why-did-not-suit = It did not suit
partner-why-unwelcome = Did not feel welcome
partner-why-waiting-list = Waiting list
partner-why-other = Another reason
partner-uptake-words = Anything else about it (optional)
partner-uptake-save = Save

partner-outcome-title = How did it go?
partner-what-label = What happened?
partner-what-completed = Completed
partner-what-still-going = Still going
partner-what-stopped-early = Stopped early
partner-what-could-not-help = We could not help
partner-what-missing = Choose what happened
partner-line-label = In one line (optional)
partner-line-hint = At most 200 letters. It is read in the client's chart.
partner-outcome-send = Send and finish

partner-said-accept = Accept
partner-said-ask = Question: { $text }
partner-said-stop = You cannot go on: { $text }
partner-said-decline = Decline: { $reason }. { $text }
partner-said-outcome = Outcome: { $what }. { $text }
partner-said-until = Until { $day }
partner-said-instead = Who else might help: { $text }
partner-unsent-title = Your answer was not sent
partner-stands-text = So this cannot be sent now. Nothing was changed. If something is wrong, call the clinic.
partner-stands-waiting = This referral still waits for an answer. Accept or decline it first.
partner-stands-under-way = This referral is under way.
partner-stands-completed = The outcome was sent. This referral is complete.
partner-stands-cancelled = This referral has ended.
partner-clash-title = Someone has already answered
partner-clash-clinic = The clinic has changed this referral
partner-clash-accepted = { $by } accepted this referral.
partner-clash-declined = { $by } declined this referral.
partner-clash-under-way = { $by } reported on this referral.
partner-clash-ended = { $by } reported the outcome of this referral.
partner-clash-cancelled = { $by } called this referral off.
partner-clash-written = { $by } wrote about this referral.
partner-clash-yours = Your answer

partner-sent-title = Sent. { $clinic } has been told.
partner-stale-title = Where this referral stands now
partner-sent-asked = Your question was sent.
partner-sent-note = Your note was sent.
partner-sent-accepted = You accepted this referral.
partner-sent-reported = Your report was saved.
partner-sent-completed = Your outcome was sent. The referral is complete.
partner-sent-failed = You said that you could not help.
partner-sent-declined = You declined this referral.
partner-sent-stopped = You said that you cannot go on.
partner-sent-next = What happens next
partner-next-asked = The clinic answers. You get an e-mail with a link.
partner-next-note = The clinic reads it. The referral still waits for your answer.
partner-next-accepted = How to reach the person stands on the referral's page. { $day ->
    [none] Tell us when they have come.
   *[other] On { $day } we ask by e-mail whether they came.
}
partner-next-light = How to reach the person stands on the referral's page. Nothing more is asked of you.
partner-next-reported = The clinic sees it. Tell how it went when the service ends. { $day ->
    [none] You can add to it until then.
   *[other] On { $day } we ask by e-mail.
}
partner-next-light-reported = The clinic sees it. Nothing more is asked of you; if you wish, tell how it went.
partner-next-nothing = Nothing more is asked of you.
partner-next-declined = The clinic looks for another way. Nothing more is asked of you.
partner-sent-keep = You can print this page for your records.
partner-sent-inbox = All referrals
partner-sent-referral = Back to this referral
partner-sent-change = Something is wrong? Change my answer
partner-sent-wrong = Something is wrong? Call { $phone }.
partner-sent-text = What you wrote

partner-room-link = Say if you have room
partner-room-title = Do you have room?
partner-room-intro = Link workers see this when they choose a service. Nobody is named in it.
partner-room-none = None of your services is listed here. Call the clinic to have them listed.
partner-room-back = Back to your services
partner-room-done-title = Recorded
partner-room-done-text = Link workers see it from now on.
partner-room-label = Is there room?
partner-room-has = Has room
partner-room-waitlist = Waiting list
partner-room-full = Full
partner-room-unknown = Not said yet
partner-room-missing = Choose whether you have room
partner-room-weeks-label = If there is a waiting list: about how many weeks? (optional)
partner-room-weeks-wrong = Enter weeks as a whole number from 1 to 104
partner-room-weeks-unused = Weeks go only with “Waiting list”: choose that, or take the number out
partner-room-until-unused = A date goes only with “Full”: choose that, or take the date out
partner-room-confirm = Confirm
room-said = said { $day } by the partner
room-until = until { $day }
room-weeks = { $weeks ->
    [one] about { $weeks } week
   *[other] about { $weeks } weeks
}
