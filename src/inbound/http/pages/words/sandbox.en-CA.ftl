# The sandbox.
sandbox-title = The story in four steps
sandbox-lead = One referral, from the clinic’s EMR to a food bank and back. Everyone is made up.
sandbox-pace-minute = One minute here is one day.
sandbox-pace-real = Time passes as it does outside.
sandbox-pace-seconds = A day passes in { $seconds } seconds.
sandbox-do-again = Begin again with another person
sandbox-is-withdrawn = The person has taken back the consent, so nothing leaves. Record a new consent at the desk if the person agrees again, or begin again with another person.
sandbox-is-declined = The partner said no, so the referral is back at the desk: choose another partner there, or begin again with another person.
sandbox-look = Look again
sandbox-public = The clinic’s public form, by which people refer themselves
sandbox-done = Done
sandbox-step-send = Send a referral
sandbox-send-how = As the EMR would: copy this into a second terminal, or let us send it.
sandbox-do-send = Send it for me
sandbox-sent = Referral { $reference } was received.
sandbox-receipt = Answer { $status } after { $millis } ms: on disk.
sandbox-step-choose = Send it to a partner
sandbox-choose-how = Sign in at the desk as one of three. Open the referral, choose Oak Street Food Bank, check what leaves, and send it.
sandbox-sign-in = Sign in as { $name }
sandbox-open-referral = Open referral { $reference } at the desk
sandbox-step-answer = Be the partner
sandbox-answer-how = Oak Street has nothing but e-mail. Open its mail, follow the link, type the code from the mail beside it, and accept.
sandbox-step-told = See it come back
sandbox-closed = You closed a loop in { $minutes } min { $seconds } s.
sandbox-break-title = Break it
sandbox-break-lead = Nothing is lost. See what happens.
sandbox-do-fail = Make { $name } fail
sandbox-did-fail = Messages to { $name } are refused for now. They are tried again, later each time.
sandbox-do-mend = Mend { $name }
sandbox-did-mend = { $name } takes messages again. What waited arrives at its next attempt, and what was given up is sent again.
sandbox-do-twice = Send the same thing twice
sandbox-do-bad = Send a bad code
sandbox-do-withdraw = Withdraw consent now
sandbox-withdrawn = { $count ->
    [one] One consent was taken back. Nothing more leaves, and the partner sees the referral no longer.
   *[other] { $count } consents were taken back. Nothing more leaves, and the partner sees the referral no longer.
}
sandbox-withdrawn-unsent = { $count ->
    [one] One consent was taken back. The referral had gone to no partner, and goes to none now.
   *[other] { $count } consents were taken back. The referral had gone to no partner, and goes to none now.
}
sandbox-twice-same = Sent twice under one key. Answers { $first } and { $second }, and both times the same receipt: { $body }
sandbox-twice-other = Sent twice under one key. First { $first }, then { $second }.
sandbox-nothing-yet = There is no referral of yours yet. Send one first.
sandbox-kill = Kill it: start with --keep ./demo, end the process with kill -9, and start it again. What was acknowledged is there.
sandbox-next-title = Next
sandbox-next = Connect your own EMR: config/README.md. Map your own file: lariat map yours.json --mapping yours.toml --explain. Real here: doors, record, delivery, pages. Pretended: the EMRs, the partners, the mail server and all people.
sandbox-pages = All pages in all their states
sandbox-back = Back to the story
sandbox-mail-title = Mailbox
sandbox-mail-one = A mail
sandbox-mail-lead = All mail that Lariat has sent here, the newest first. You play Oak Street Food Bank: referrals@oak-street.example.
sandbox-mail-empty = No mail has come. Mail goes out when a referral is sent to a partner that has nothing but e-mail.
sandbox-mail-count = { $count ->
    [one] One mail
   *[other] { $count } mails
}
sandbox-mail-subject = Subject
sandbox-mail-to = To
sandbox-mail-from = From
sandbox-chart-title = The EMR’s chart
sandbox-chart-lead = What the pretend EMR was told, the newest first.
sandbox-chart-empty = The EMR has heard nothing yet.
sandbox-chart-raw = Message about { $reference } as it came
