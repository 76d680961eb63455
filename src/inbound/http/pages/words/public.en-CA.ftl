# Pages for everybody.
public-refer-title = Ask for support
public-refer-heading = Ask { $clinic } for support
public-refer-lead = Tell us what would help. Somebody from our team looks at it and calls or writes to you within a week.
public-too-many = Too many requests came from here, or for this address or number. Nothing was sent. Try again { $again ->
    [hour] in an hour
   *[day] tomorrow
}, or call the clinic{ $phone ->
    [none] .
   *[other] : { $phone }.
}
public-lost-title = We no longer have your form
public-lost-text = A form waits half an hour for its code, in the browser in which it was filled in. Nothing was sent just now. Unless you have seen that your form was sent, fill it in again.
public-refer-emergency = In an emergency call 9-1-1. If you are thinking of suicide, call or text 9-8-8.
public-given = First name
public-given-wrong = Enter your first name
public-family = Last name
public-family-wrong = Enter your last name
public-birth = Date of birth
public-birth-hint = For example 9 3 1951
public-birth_date-wrong = Enter your date of birth, like 1951 03 09
public-phone = Phone (optional if you give an e-mail address)
public-phone-hint = For example 519 555 0100
public-phone-wrong = Enter a phone number like 519 555 0100, or an e-mail address
public-email = E-mail (optional if you give a phone number)
public-email-hint = We send a code there, to see that it is yours.
public-email-wrong = Enter an e-mail address like name@example.org
public-email-unsent = We could not send a mail to this address. Check it, or leave it out and give a phone number
public-reason = What is it about?
public-reason-wrong = Choose what it is about
public-reason-lonely = I feel lonely
public-reason-bored = I am bored
public-reason-disconnected = I feel disconnected
public-reason-making-ends-meet = It is hard to make ends meet
public-reason-housing-problems = I have problems with housing
public-reason-lack-of-work = I cannot find work
public-reason-sad = I feel sad
public-reason-no-one-to-rely-on = I have no one to rely on
public-reason-getting-older = I am getting older
public-reason-other = Something else
public-words = What would help, in your own words (optional)
public-words-hint = At most 2,000 letters. You need not tell anything that you do not want to.
public-words-wrong = Enter in a few words what it is about
public-words-long = Write at most 2,000 letters
public-long = This is too long: make it shorter
public-code-too-many = There were too many codes or tries. { $phone ->
    [none] Wait an hour, or change what you wrote and give another address
   *[other] Wait an hour, change what you wrote and give another address, or call the clinic: { $phone }
}
public-contact = You may call me or write to me about this
public-may_be_contacted-wrong = Tick that we may contact you: without it we cannot help
public-refer-send = Send
public-code-title = Enter the 6-digit code to send your form
public-code-send = Send my form
public-code-again = Change what I wrote
public-sent-title = Your form was sent
public-sent-text = Somebody from { $clinic } calls or writes to you within a week. You can close this page.
public-sent-change = To change something, call { $phone }.
public-first-title = Your form was sent before
public-first-text = { $clinic } has the form as you sent it first. What you changed since was not sent. Tell it when somebody calls or writes to you, or call the clinic.
