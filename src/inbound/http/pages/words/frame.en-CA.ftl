# What every page shares.
frame-skip = Skip to main content
frame-nav = Main
frame-worklist = Worklist
frame-language = English
frame-sign-out = Sign out
frame-sandbox = Sandbox: made-up people, nothing leaves this computer
frame-error-prefix = Error:
frame-errors = There is a problem
frame-open-too-long = The page was open too long. Check and send again.
frame-draft-saved = Draft saved { $time }
frame-offline = You are offline. Not sent. Your text is still on this page.
frame-sending = Sending…
frame-session-ends = You will be signed out in 2 minutes. What you have typed will be kept when you send it.
frame-session-stay = Stay signed in
frame-letters-left = # left
frame-letters-over = # too many
frame-date-hint = Like 15 4 2027, or 2027 04 15 in the first field
frame-date-unclear = Enter a date with day, month and year, like 15 4 2027
frame-day = Day
frame-month = Month
frame-year = Year
frame-copy = Copy
frame-copied = Copied
frame-accessibility = Accessibility
frame-privacy = Privacy
frame-report = Report a problem (code { $code })
frame-display = Display:
frame-display-device = As my device
frame-display-light = Light
frame-display-dark = Dark
frame-version = Version { $version }

frame-too-long = Write at most { $most } letters

about-accessibility-title = Accessibility
about-accessibility-what = These pages follow WCAG 2.2, level AA. They work with a keyboard alone, with screen readers and voice control, at 400 % zoom, on a telephone, and without script.
about-accessibility-how = If something does not work for you, tell the clinic that uses these pages. You need not say why it does not.
about-privacy-title = Privacy
about-privacy-what = A referral holds what the person agreed to share, and each organisation sees only what it needs to know. Who saw and did what is recorded.
about-privacy-who = The clinic that made a referral keeps its record and answers for it. To see, correct or take back what was shared, ask that clinic.
about-privacy-cookies = These pages keep cookies for signing in, for your language and for how pages look, and nothing else. Nothing comes from other sites.
about-help-title = Help
about-help-code = If a page shows a code that begins with LRT, name it to the clinic that uses these pages. With it the operator finds what happened.
about-help-never = Do not send a person's name or health details by e-mail when you report a problem. The code is enough.

sign-in-title = Sign in
sign-in-go-on = Sign in to go on.
sign-in-kept = Sign in to go on. What you had typed is kept.
sign-in-name = Name
sign-in-password = Password
sign-in-button = Sign in
sign-in-sandbox = In the sandbox nobody needs a password: sign in from the story
sign-in-name-missing = Enter your name, as your lead gave it to you
sign-in-password-missing = Enter your password
sign-in-wrong = Check your name and password: together they are not known here

problem-missing-title = We cannot show this page
problem-missing-text = It may not exist, or you may not have access.
problem-method-title = This address shows no page
problem-method-text = It is used by a button or a form, or takes none. Nothing was sent. Go back, or begin at the worklist or at the link in your e-mail.
problem-foreign-title = Nothing was sent
problem-foreign-text = This came from another site, or your browser did not say from where. Open the page here and send again.
problem-unreadable-title = Nothing was sent
problem-unreadable-text = What was sent is not a form of this page. Open the page again. If it goes on, give code { $code }.
problem-too-large-title = That is too much for one form
problem-too-large-text = Nothing was sent. Go back, shorten your text, and send again.
problem-too-many-title = Too many tries
problem-too-many-text = Wait a quarter of an hour, then try again.
problem-ours-title = Something went wrong on our side
problem-ours-text = Nothing was sent. Try again. If it goes on, give code { $code }.
problem-busy-title = Too much is going on at the moment
problem-busy-text = Nothing was sent. Try again in a minute. If it goes on, give code { $code }.
frame-optional = (optional)
problem-conflict-title = Someone has already answered
problem-conflict-text = Your answer was not sent.
conflict-typed = What you had typed
conflict-continue = Continue
conflict-your-text = Your text
conflict-what-now = What now?
conflict-leave = Leave it as it is
conflict-note = Send my text as a note
conflict-change = We need to change the answer
conflict-missing = Choose what to do with what you typed

catalogue-title = All pages

when-now = just now
when-ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
when-ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
when-ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
when-ago-months = { $count ->
    [one] { $count } month ago
   *[other] { $count } months ago
}
when-ago-years = { $count ->
    [one] { $count } year ago
   *[other] { $count } years ago
}
when-in-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
when-in-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
when-in-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
}
when-in-months = { $count ->
    [one] in { $count } month
   *[other] in { $count } months
}
when-in-years = { $count ->
    [one] in { $count } year
   *[other] in { $count } years
}

month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = June
month-7 = July
month-8 = Aug
month-9 = Sept
month-10 = Oct
month-11 = Nov
month-12 = Dec

components-title = Components
components-back = Back to all pages
components-line = A line
components-line-hint = At most 80 letters
components-line-missing = Enter a line
components-on = A date (optional)
components-code = A code of six digits (optional)
components-code-unclear = Enter the six digits of the code
components-phone-number = A telephone number (optional)
components-phone-unclear = Enter a telephone number, like 519 555 0100
components-postal = A postal code (optional)
components-postal-unclear = Enter a postal code, like N0L 1J0
components-way = One of several
components-way-missing = Choose one of several
components-tell = Some of several (optional)
components-agree = A box
components-pick = From a list
components-phone = By telephone
components-mail = By e-mail
components-visit = In person
components-note = A longer text (optional)
components-send = Send it
components-states = States
components-state = Waiting for answer
components-panel = A panel
components-details = More about this
components-table = A table
components-pages = More pages
components-done = It was sent
components-done-text = Here stands what was done, and what comes next.
components-again = Do it again
spoken-en = English
spoken-fr = French
spoken-ar = Arabic
spoken-bn = Bengali
spoken-cr = Cree
spoken-de = German
spoken-es = Spanish
spoken-fa = Persian
spoken-gu = Gujarati
spoken-hi = Hindi
spoken-hy = Armenian
spoken-it = Italian
spoken-ko = Korean
spoken-oj = Ojibwe
spoken-pa = Punjabi
spoken-pl = Polish
spoken-pt = Portuguese
spoken-ru = Russian
spoken-so = Somali
spoken-ta = Tamil
spoken-tl = Tagalog
spoken-uk = Ukrainian
spoken-ur = Urdu
spoken-zh = Chinese
spoken-am = Amharic
spoken-ase = American Sign Language
spoken-cs = Czech
spoken-el = Greek
spoken-fcs = Quebec Sign Language
spoken-he = Hebrew
spoken-hr = Croatian
spoken-ht = Haitian Creole
spoken-hu = Hungarian
spoken-iu = Inuktitut
spoken-ja = Japanese
spoken-km = Khmer
spoken-ku = Kurdish
spoken-lo = Lao
spoken-ne = Nepali
spoken-nl = Dutch
spoken-pdt = Low German (Mennonite)
spoken-ps = Pashto
spoken-ro = Romanian
spoken-sq = Albanian
spoken-sr = Serbian
spoken-sw = Swahili
spoken-th = Thai
spoken-ti = Tigrinya
spoken-tr = Turkish
spoken-vi = Vietnamese
spoken-yue = Cantonese
