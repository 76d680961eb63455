# Pages pour tout le monde.
public-refer-title = Demander du soutien
public-refer-heading = Demander du soutien à { $clinic }
public-refer-lead = Dites-nous ce qui vous aiderait. Quelqu'un de notre équipe lira votre demande et vous appellera ou vous écrira d'ici une semaine.
public-too-many = Trop de demandes sont venues d'ici, ou pour cette adresse ou ce numéro. Rien n'a été envoyé. Réessayez { $again ->
    [hour] dans une heure
   *[day] demain
} ou appelez la clinique{ $phone ->
    [none] .
   *[other]  : { $phone }.
}
public-lost-title = Nous n'avons plus votre formulaire
public-lost-text = Un formulaire attend son code une demi-heure, dans le navigateur où il a été rempli. Rien n'a été envoyé à l'instant. À moins d'avoir vu que votre formulaire a été envoyé, veuillez le remplir de nouveau.
public-refer-emergency = En cas d'urgence, appelez le 9-1-1. Si vous pensez au suicide, appelez ou textez le 9-8-8.
public-given = Prénom
public-given-wrong = Saisissez votre prénom
public-family = Nom de famille
public-family-wrong = Saisissez votre nom de famille
public-birth = Date de naissance
public-birth-hint = Par exemple 9 3 1951
public-birth_date-wrong = Saisissez votre date de naissance, par exemple 1951 03 09
public-phone = Téléphone (facultatif si vous donnez une adresse courriel)
public-phone-hint = Par exemple 519 555 0100
public-phone-wrong = Saisissez un numéro de téléphone, par exemple 519 555 0100, ou une adresse courriel
public-email = Courriel (facultatif si vous donnez un numéro de téléphone)
public-email-hint = Nous y envoyons un code pour vérifier que l'adresse est la vôtre.
public-email-wrong = Saisissez une adresse courriel, par exemple nom@example.org
public-email-unsent = Nous n'avons pas pu envoyer de courriel à cette adresse. Vérifiez-la, ou retirez-la et donnez un numéro de téléphone
public-reason = De quoi s'agit-il?
public-reason-wrong = Choisissez de quoi il s'agit
public-reason-lonely = Je me sens seul ou seule
public-reason-bored = Je m'ennuie
public-reason-disconnected = Je me sens à l'écart
public-reason-making-ends-meet = J'ai du mal à joindre les deux bouts
public-reason-housing-problems = J'ai des problèmes de logement
public-reason-lack-of-work = Je ne trouve pas de travail
public-reason-sad = Je me sens triste
public-reason-no-one-to-rely-on = Je n'ai personne sur qui compter
public-reason-getting-older = Je prends de l'âge
public-reason-other = Autre chose
public-words = Ce qui vous aiderait, dans vos mots (facultatif)
public-words-hint = Au plus 2 000 lettres. Vous n'avez pas à dire ce que vous ne voulez pas dire.
public-words-wrong = Saisissez en quelques mots de quoi il s'agit
public-words-long = Écrivez au plus 2 000 lettres
public-long = C'est trop long : écrivez plus court
public-code-too-many = Il y a eu trop de codes ou d'essais. { $phone ->
    [none] Attendez une heure, ou changez ce que vous avez écrit et donnez une autre adresse
   *[other] Attendez une heure, changez ce que vous avez écrit et donnez une autre adresse, ou appelez la clinique : { $phone }
}
public-contact = Vous pouvez m'appeler ou m'écrire à ce sujet
public-may_be_contacted-wrong = Cochez que nous pouvons communiquer avec vous : sans cela nous ne pouvons pas aider
public-refer-send = Envoyer
public-code-title = Saisissez le code à 6 chiffres pour envoyer votre formulaire
public-code-send = Envoyer mon formulaire
public-code-again = Changer ce que j'ai écrit
public-sent-title = Votre formulaire a été envoyé
public-sent-text = Quelqu'un de { $clinic } vous appellera ou vous écrira d'ici une semaine. Vous pouvez fermer cette page.
public-sent-change = Pour changer quelque chose, appelez le { $phone }.
public-first-title = Votre formulaire avait déjà été envoyé
public-first-text = { $clinic } a le formulaire tel que vous l'avez d'abord envoyé. Ce que vous avez changé depuis n'a pas été envoyé. Dites-le quand quelqu'un vous appellera ou vous écrira, ou appelez la clinique.
