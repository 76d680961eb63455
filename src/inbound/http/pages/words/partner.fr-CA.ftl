# Pages des organismes partenaires.
partner-arrival-title = Un aiguillage pour vous
partner-arrival-heading = { $clinic } vous a envoyé un aiguillage
partner-arrival-for = Destinataire : { $partner }.
partner-arrival-count = { $count ->
    [0] Rien n'attend votre réponse. Vous pouvez consulter vos réponses précédentes.
    [one] 1 aiguillage attend votre réponse.
   *[other] { $count } aiguillages attendent votre réponse.
}
partner-arrival-code = Pour le consulter, il vous faut un code à 6 chiffres. Nous l'envoyons à { $address }.
partner-arrival-send = M'envoyer un code
partner-genuine-title = Est-ce authentique?
partner-genuine-text = Cette page ne contient aucun renseignement personnel. Le code est envoyé uniquement à l'adresse que la clinique a dans ses dossiers.
partner-phone = Des questions? Appelez le { $phone }.
partner-again-title = Saisissez un code pour continuer
partner-again-text = Les trente minutes sont écoulées, ou aucun code n'a encore été saisi ici.
partner-again-kept = Les trente minutes sont écoulées, ou aucun code n'a encore été saisi ici. Votre texte est conservé pendant dix minutes.
partner-back-arrival = Retour à la première page

partner-code-title = Saisissez le code à 6 chiffres
partner-code-sent = Nous l'avons envoyé à { $address }. Il est valide pendant 10 minutes.
partner-code-not-sent = Aucun code n'est valable maintenant. Demandez-en un ci-dessous.
partner-code-label = Votre code
partner-code-hint = Six chiffres. Vous pouvez le coller.
partner-code-continue = Continuer
partner-code-none = Pas de code?
partner-code-call = Regardez dans vos courriels indésirables ou appelez le { $phone }.
partner-code-another = Envoyer un autre code
partner-code-problem = Aucun code n'a été envoyé
partner-code-unsent = Le courriel n'a pas pu être envoyé. Réessayez dans une minute ou appelez-nous.
partner-code-too-many = { $count ->
    [5] Vous avez reçu cinq codes en une heure. Saisissez le dernier là où vous l'avez demandé, ou redemandez-en un à { $time }.
   *[other] Votre adresse a reçu { $count } codes en une heure, pour tous les aiguillages. Continuez là où vous en avez saisi un, ou redemandez-en un à { $time }.
}
partner-code-missing = Saisissez les six chiffres du code que nous vous avons envoyé
partner-code-wrong = Vérifiez le code : celui-ci n'est pas le bon, ou ses 10 minutes sont écoulées
partner-code-locked = Il y a eu trop d'essais. Attendez jusqu'à { $time }, puis demandez un nouveau code.

partner-ended-title = Cette page ne peut pas être ouverte ici
partner-ended-typed = Votre réponse n'a pas été envoyée et n'est pas conservée. Copiez ce que vous avez écrit :
partner-ended-text = Sur un autre appareil ou à partir d'un signet, ouvrez de nouveau le lien du message, ou demandez un nouveau message ci-dessous. Si le lien mène encore à cette page, il est peut-être trop ancien, ou l'aiguillage a été retiré.
partner-ended-call = Pour parler à quelqu'un, appelez le numéro indiqué dans le message qui vous a mené ici.
partner-ended-renew = Envoyer un nouveau lien à l'adresse au dossier
partner-renewed-title = Si nous connaissons ce lien, un nouveau est en route
partner-renewed-text = Il est envoyé à l'adresse que la clinique a dans ses dossiers. Regardez-y dans quelques minutes.
partner-finished-title = Vous avez terminé
partner-finished-text = Rien ne reste sur cet ordinateur. Pour revenir, ouvrez de nouveau le lien du message.

partner-session-title = Un ordinateur que d'autres utilisent?
partner-session-ends = Cette visite se termine à { $time }.
partner-session-extend = Me donner 30 minutes de plus
partner-session-finish = Terminer et effacer

partner-inbox-title = En attente de votre réponse ({ $count })
partner-inbox-waiting = En attente de votre réponse
partner-inbox-taken = Acceptés par vous
partner-inbox-ended = Terminés au cours des 30 derniers jours
partner-inbox-empty = Aucun aiguillage ne vous attend. Les nouveaux arrivent par courriel dès leur envoi par une clinique.
partner-inbox-line = { $reference } de { $clinic }
partner-back-inbox = Retour à tous les aiguillages
partner-tag-waiting = En attente de réponse
partner-tag-asked = Vous avez posé une question
partner-tag-answered = Réponse à votre question
partner-tag-accepted = Accepté
partner-tag-under-way = En cours
partner-tag-on-hold = En suspens
partner-tag-outcome = Résultat reçu
partner-tag-failed = Fermé, non atteint
partner-tag-declined = Refusé
partner-tag-cancelled = Annulé

partner-referral-title = Aiguillage { $reference }
partner-question = Pouvez-vous accueillir cette personne?
partner-from = Aiguillage { $reference } de { $clinic }
partner-about = Aiguillage { $reference }
partner-reply-by = Répondez au plus tard le { $day }.
partner-urgency = Urgence
partner-urgency-urgent = Demande urgente
partner-urgency-asap = Dès que possible
partner-urgency-stat = Immédiatement
partner-need = Besoin
partner-person = Personne
partner-contact = Comment la joindre
partner-message = De l'intervenant-pivot
partner-uptake = La personne est-elle venue?
partner-attended-on = Première visite
partner-outcome = Résultat
partner-reason = Raison
partner-closed-goals-met = Fermé par la clinique : les objectifs sont atteints
partner-closed-goals-partly-met = Fermé par la clinique : les objectifs sont atteints en partie
partner-closed-beyond-scope = Fermé par la clinique : le besoin dépasse le rôle ou la capacité de la clinique
partner-closed-declined = Fermé par la clinique : la personne ne souhaite pas ce service
partner-closed-unable-to-contact = Fermé par la clinique : la personne n’a pu être jointe
partner-closed-moved = Fermé par la clinique : la personne a déménagé
partner-closed-no-longer-needed = Fermé par la clinique : le service n’est plus nécessaire
partner-closed-sent-in-error = Fermé par la clinique : il a été envoyé par erreur
partner-closed-other = Fermé par la clinique
partner-closed-died = La clinique a mis fin à l’aiguillage
partner-age = { $first } à { $last } ans
partner-age-over = { $first } ans ou plus
partner-age-child = moins de 18 ans
partner-town = habite à { $town }
partner-speaks = parle { $language }
partner-way-phone = Téléphone
partner-way-email = Courriel
partner-way-sms = Message texte
partner-way-other = Autre moyen
partner-contact-later = { $ways }. Vous l'obtenez en acceptant.
partner-contact-prohibited = Ne communiquez pas avec cette personne. Parlez à l'intervenant-pivot.
partner-uptake-attended = La personne est venue
partner-uptake-partial = La personne est venue en partie
partner-uptake-not-attended = La personne n'est pas venue
partner-uptake-unknown = Pas encore connu
partner-notes = Ce qui a été écrit
partner-note-clinic = La clinique
partner-accept = Accepter
partner-decline = Refuser
partner-ask-link = Demander un renseignement
partner-uptake-link = La personne est-elle venue?
partner-outcome-link = Comment cela s'est-il passé?
partner-stop-link = Vous ne pouvez pas continuer?
partner-why-no-more = Pourquoi ne vois-je pas plus de détails?
partner-why-no-more-text = Vous voyez ce qu'il faut pour répondre et ce que la personne a accepté de partager. Demandez si vous devez en savoir plus.
partner-withdrawn-title = Cet aiguillage a été retiré
partner-withdrawn-text = Rien ne vous est demandé.
partner-over-title = Cet aiguillage est terminé
partner-over-text = Il a pris fin il y a 30 jours ou plus. Ce qu'il disait de la personne n'est plus affiché. Rien ne vous est demandé.

partner-ask-title = Demander un renseignement
partner-ask-label = Votre question
partner-ask-hint = N'écrivez pas de noms ni de détails de santé qui ne vous ont pas été donnés. La réponse arrive par courriel.
partner-ask-send = Envoyer la question
partner-ask-missing = Saisissez votre question
partner-stop-title = Dire que vous ne pouvez pas continuer
partner-stop-label = Pourquoi ne pouvez-vous pas continuer?
partner-stop-hint = La clinique en est avisée et cherche une autre solution. Votre acceptation prend fin.
partner-stop-send = Envoyer
partner-stop-missing = Saisissez pourquoi vous ne pouvez pas continuer

partner-decline-title = Refuser cet aiguillage
partner-because-label = Pourquoi?
partner-because-full = Nous n'avons plus de place
partner-because-not-eligible = Non admissible
partner-because-out-of-area = Hors de notre territoire
partner-because-service-ended = Le service a pris fin
partner-because-language = Nous ne l'offrons pas dans sa langue
partner-because-unsafe = Nous ne pouvons pas répondre à ce besoin en toute sécurité
partner-because-could-not-reach = Nous n'avons pas pu joindre la personne
partner-because-other = Une autre raison
partner-because-missing = Choisissez pourquoi vous refusez
partner-until-label = S'il n'y a plus de place : jusqu'à quand? (facultatif)
partner-until-hint = Par exemple 15 4 2027
partner-until-wrong = Saisissez une date postérieure à aujourd'hui, par exemple 2027 04 15
partner-until-unused = Une date ne va qu'avec « Nous n'avons plus de place » : choisissez cette réponse ou retirez la date
partner-words-label = Dans vos mots (facultatif)
partner-words-hint = Par exemple la règle qui n'est pas respectée. La clinique lira ce texte.
partner-words-missing = Saisissez la raison en quelques mots
partner-listing-label = Vous pouvez mettre notre fiche à jour avec cette réponse
partner-instead-label = Qui d'autre pourrait aider? (facultatif)
partner-decline-send = Envoyer

partner-uptake-title = La personne est-elle venue?
partner-came-label = La personne est-elle venue au rendez-vous?
partner-came-yes = Oui
partner-came-booked = Pas encore, une première visite est prévue
partner-came-partly = En partie
partner-came-no = Non
partner-came-not-yet = Pas encore
partner-came-missing = Choisissez si la personne est venue
partner-on-label = Première visite (facultatif)
partner-on-hint = Le jour de la visite, ou le jour prévu. Par exemple 15 4 2027
partner-on-wrong = Saisissez une date au plus tard aujourd'hui, par exemple 2027 03 01
partner-on-before = Cette date précède l'envoi de l'aiguillage, le { $day }. Saisissez ce jour ou un jour ultérieur
partner-on-unused = Une date va avec une visite : choisissez « Oui », « En partie » ou une visite prévue, ou retirez la date
partner-why-unused = Une raison va avec une visite qui n'a pas eu lieu : choisissez une autre réponse ou retirez la raison
partner-booked-wrong = Saisissez la date prévue, aujourd'hui ou plus tard, par exemple 2027 04 15
partner-why-label = Si la personne n'est pas venue : pourquoi? (facultatif)
partner-why-unsaid = Non connu
partner-why-cost = Coût
partner-why-transport = Transports
partner-why-time = Heure
partner-why-language = Langue
partner-why-health = Santé
partner-why-did-not-suit = Cela ne convenait pas
partner-why-unwelcome = Ne s'est pas sentie accueillie
partner-why-waiting-list = Liste d'attente
partner-why-other = Une autre raison
partner-uptake-words = Autre chose à ce sujet (facultatif)
partner-uptake-save = Enregistrer

partner-outcome-title = Comment cela s'est-il passé?
partner-what-label = Que s'est-il passé?
partner-what-completed = Terminé
partner-what-still-going = Toujours en cours
partner-what-stopped-early = Arrêté plus tôt
partner-what-could-not-help = Nous n'avons pas pu aider
partner-what-missing = Choisissez ce qui s'est passé
partner-line-label = En une ligne (facultatif)
partner-line-hint = Au plus 200 lettres. Ce texte est lu dans le dossier du client.
partner-outcome-send = Envoyer et terminer

partner-said-accept = Accepter
partner-said-ask = Votre question : { $text }
partner-said-stop = Vous ne pouvez pas continuer : { $text }
partner-said-decline = Refuser : { $reason }. { $text }
partner-said-outcome = Résultat : { $what }. { $text }
partner-said-until = Jusqu'au { $day }
partner-said-instead = Qui d'autre pourrait aider : { $text }
partner-unsent-title = Votre réponse n'a pas été envoyée
partner-stands-text = Ceci ne peut donc pas être envoyé maintenant. Rien n'a été changé. Si quelque chose ne va pas, appelez la clinique.
partner-stands-waiting = Cet aiguillage attend toujours une réponse. Acceptez-le ou refusez-le d'abord.
partner-stands-under-way = Cet aiguillage est en cours.
partner-stands-completed = Le résultat a été envoyé. Cet aiguillage est terminé.
partner-stands-cancelled = Cet aiguillage a pris fin.
partner-clash-title = Quelqu'un a déjà répondu
partner-clash-clinic = La clinique a changé cet aiguillage
partner-clash-accepted = { $by } a accepté cet aiguillage.
partner-clash-declined = { $by } a refusé cet aiguillage.
partner-clash-under-way = { $by } a donné des nouvelles de cet aiguillage.
partner-clash-ended = { $by } a transmis le résultat de cet aiguillage.
partner-clash-cancelled = { $by } a annulé cet aiguillage.
partner-clash-written = { $by } a écrit au sujet de cet aiguillage.
partner-clash-yours = Votre réponse

partner-sent-title = Envoyé. { $clinic } a été avisé.
partner-stale-title = Où en est cet aiguillage
partner-sent-asked = Votre question a été envoyée.
partner-sent-note = Votre note a été envoyée.
partner-sent-accepted = Vous avez accepté cet aiguillage.
partner-sent-reported = Vos nouvelles ont été enregistrées.
partner-sent-completed = Votre résultat a été envoyé. L'aiguillage est terminé.
partner-sent-failed = Vous avez indiqué que vous n'avez pas pu aider.
partner-sent-declined = Vous avez refusé cet aiguillage.
partner-sent-stopped = Vous avez indiqué que vous ne pouvez pas continuer.
partner-sent-next = La suite
partner-next-asked = La clinique répond. Vous recevrez un courriel avec un lien.
partner-next-note = La clinique la lira. L'aiguillage attend toujours votre réponse.
partner-next-accepted = La page de l'aiguillage indique comment joindre la personne. { $day ->
    [none] Dites-nous quand elle sera venue.
   *[other] Le { $day }, nous demanderons par courriel si elle est venue.
}
partner-next-light = La page de l'aiguillage indique comment joindre la personne. Rien de plus ne vous est demandé.
partner-next-reported = La clinique le voit. Dites comment cela s'est passé à la fin du service. { $day ->
    [none] Vous pouvez compléter d'ici là.
   *[other] Le { $day }, nous le demanderons par courriel.
}
partner-next-light-reported = La clinique le voit. Rien de plus ne vous est demandé; vous pouvez dire comment cela s'est passé.
partner-next-nothing = Rien de plus ne vous est demandé.
partner-next-declined = La clinique cherche une autre solution. Rien de plus ne vous est demandé.
partner-sent-keep = Vous pouvez imprimer cette page pour vos dossiers.
partner-sent-inbox = Tous les aiguillages
partner-sent-referral = Retour à cet aiguillage
partner-sent-change = Une erreur? Changer ma réponse
partner-sent-wrong = Une erreur? Appelez le { $phone }.
partner-sent-text = Ce que vous avez écrit

partner-room-link = Dire si vous avez de la place
partner-room-title = Avez-vous de la place?
partner-room-intro = Les intervenants le voient au moment de choisir un service. Personne n'y est nommé.
partner-room-none = Aucun de vos services ne figure ici. Appelez la clinique pour les faire inscrire.
partner-room-back = Retour à vos services
partner-room-done-title = Enregistré
partner-room-done-text = Les intervenants le voient dès maintenant.
partner-room-label = Y a-t-il de la place?
partner-room-has = Places disponibles
partner-room-waitlist = Liste d'attente
partner-room-full = Complet
partner-room-unknown = Pas encore indiqué
partner-room-missing = Choisissez s'il y a de la place
partner-room-weeks-label = S'il y a une liste d'attente : environ combien de semaines? (facultatif)
partner-room-weeks-wrong = Saisissez un nombre entier de semaines, de 1 à 104
partner-room-weeks-unused = Un nombre de semaines ne va qu'avec « Liste d'attente » : choisissez cette réponse ou retirez le nombre
partner-room-until-unused = Une date ne va qu'avec « Complet » : choisissez cette réponse ou retirez la date
partner-room-confirm = Confirmer
room-said = indiqué le { $day } par le partenaire
room-until = jusqu'au { $day }
room-weeks = { $weeks ->
    [one] environ { $weeks } semaine
   *[other] environ { $weeks } semaines
}
