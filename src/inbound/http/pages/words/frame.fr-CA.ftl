# Ce que toutes les pages ont en commun.
frame-skip = Passer au contenu principal
frame-nav = Menu principal
frame-worklist = Liste de travail
frame-language = Français
frame-sign-out = Fermer la session
frame-sandbox = Bac à sable : personnes fictives, rien ne quitte cet ordinateur
frame-error-prefix = Erreur :
frame-errors = Il y a un problème
frame-open-too-long = La page est restée ouverte trop longtemps. Vérifiez et envoyez de nouveau.
frame-draft-saved = Brouillon enregistré à { $time }
frame-offline = Vous êtes hors ligne. Non envoyé. Votre texte est toujours sur cette page.
frame-sending = Envoi en cours…
frame-session-ends = Votre session se fermera dans 2 minutes. Ce que vous avez saisi sera conservé à l'envoi.
frame-session-stay = Garder la session ouverte
frame-letters-left = Il reste # caractères
frame-letters-over = # caractères de trop
frame-date-hint = Par exemple 15 4 2027, ou 2027 04 15 dans le premier champ
frame-date-unclear = Saisissez une date avec le jour, le mois et l'année, par exemple 15 4 2027
frame-day = Jour
frame-month = Mois
frame-year = Année
frame-copy = Copier
frame-copied = Copié
frame-accessibility = Accessibilité
frame-privacy = Confidentialité
frame-report = Signaler un problème (code { $code })
frame-display = Affichage :
frame-display-device = Comme mon appareil
frame-display-light = Clair
frame-display-dark = Sombre
frame-version = Version { $version }

frame-too-long = Écrivez au plus { $most } caractères

about-accessibility-title = Accessibilité
about-accessibility-what = Ces pages suivent les WCAG 2.2, niveau AA. Elles fonctionnent au clavier seul, avec un lecteur d'écran ou la commande vocale, à un zoom de 400 %, au téléphone et sans script.
about-accessibility-how = Si quelque chose ne fonctionne pas pour vous, dites-le à la clinique qui utilise ces pages. Vous n'avez pas à dire pourquoi.
about-privacy-title = Confidentialité
about-privacy-what = Un aiguillage contient ce que la personne a accepté de communiquer, et chaque organisme ne voit que ce qu'il doit savoir. Qui a vu et fait quoi est consigné.
about-privacy-who = La clinique qui a fait un aiguillage en conserve le dossier et en répond. Pour voir, corriger ou retirer ce qui a été communiqué, adressez-vous à cette clinique.
about-privacy-cookies = Ces pages gardent des témoins pour la session, la langue et l'affichage, et rien d'autre. Rien ne vient d'autres sites.
about-help-title = Aide
about-help-code = Si une page montre un code qui commence par LRT, donnez-le à la clinique qui utilise ces pages. Il permet de retrouver ce qui s'est passé.
about-help-never = N'envoyez pas le nom ni les renseignements de santé d'une personne par courriel lorsque vous signalez un problème. Le code suffit.

sign-in-title = Ouvrir une session
sign-in-go-on = Ouvrez une session pour continuer.
sign-in-kept = Ouvrez une session pour continuer. Ce que vous aviez saisi est conservé.
sign-in-name = Nom d'utilisateur
sign-in-password = Mot de passe
sign-in-button = Ouvrir la session
sign-in-sandbox = Dans le bac à sable, aucun mot de passe : ouvrez une session depuis l’histoire
sign-in-name-missing = Saisissez votre nom d'utilisateur, tel que votre responsable vous l'a donné
sign-in-password-missing = Saisissez votre mot de passe
sign-in-wrong = Vérifiez votre nom d'utilisateur et votre mot de passe : ensemble, ils ne sont pas connus ici

problem-missing-title = Nous ne pouvons pas afficher cette page
problem-missing-text = Elle n'existe peut-être pas ou vous n'y avez pas accès.
problem-method-title = Cette adresse n’affiche aucune page
problem-method-text = Elle sert à un bouton ou à un formulaire, ou n’en reçoit aucun. Rien n’a été envoyé. Revenez en arrière, ou partez de la liste de travail ou du lien dans votre courriel.
problem-foreign-title = Rien n'a été envoyé
problem-foreign-text = L'envoi vient d'un autre site, ou votre navigateur n'a pas dit d'où il vient. Ouvrez la page ici et envoyez de nouveau.
problem-unreadable-title = Rien n'a été envoyé
problem-unreadable-text = Ce qui a été envoyé n'est pas un formulaire de cette page. Ouvrez la page de nouveau. Si cela continue, donnez le code { $code }.
problem-too-large-title = C'est trop pour un seul formulaire
problem-too-large-text = Rien n'a été envoyé. Revenez en arrière, abrégez votre texte et envoyez de nouveau.
problem-too-many-title = Trop de tentatives
problem-too-many-text = Attendez un quart d'heure, puis réessayez.
problem-ours-title = Un problème est survenu de notre côté
problem-ours-text = Rien n'a été envoyé. Réessayez. Si cela continue, donnez le code { $code }.
problem-busy-title = Le système est très occupé en ce moment
problem-busy-text = Rien n'a été envoyé. Réessayez dans une minute. Si cela continue, donnez le code { $code }.
frame-optional = (facultatif)
problem-conflict-title = Quelqu'un a déjà répondu
problem-conflict-text = Votre réponse n'a pas été envoyée.
conflict-typed = Ce que vous aviez saisi
conflict-continue = Continuer
conflict-your-text = Votre texte
conflict-what-now = Et maintenant?
conflict-leave = Laisser tel quel
conflict-note = Envoyer mon texte comme note
conflict-change = Nous devons changer la réponse
conflict-missing = Choisissez que faire de ce que vous avez saisi

catalogue-title = Toutes les pages

when-now = à l'instant
when-ago-minutes = { $count ->
    [one] il y a { $count } minute
   *[other] il y a { $count } minutes
}
when-ago-hours = { $count ->
    [one] il y a { $count } heure
   *[other] il y a { $count } heures
}
when-ago-days = { $count ->
    [one] il y a { $count } jour
   *[other] il y a { $count } jours
}
when-ago-months = il y a { $count } mois
when-ago-years = { $count ->
    [one] il y a { $count } an
   *[other] il y a { $count } ans
}
when-in-minutes = { $count ->
    [one] dans { $count } minute
   *[other] dans { $count } minutes
}
when-in-hours = { $count ->
    [one] dans { $count } heure
   *[other] dans { $count } heures
}
when-in-days = { $count ->
    [one] dans { $count } jour
   *[other] dans { $count } jours
}
when-in-months = dans { $count } mois
when-in-years = { $count ->
    [one] dans { $count } an
   *[other] dans { $count } ans
}

month-1 = janv.
month-2 = févr.
month-3 = mars
month-4 = avr.
month-5 = mai
month-6 = juin
month-7 = juill.
month-8 = août
month-9 = sept.
month-10 = oct.
month-11 = nov.
month-12 = déc.

components-title = Composants
components-back = Retour à toutes les pages
components-line = Une ligne
components-line-hint = Au plus 80 caractères
components-line-missing = Saisissez une ligne
components-on = Une date (facultatif)
components-code = Un code à six chiffres (facultatif)
components-code-unclear = Saisissez les six chiffres du code
components-phone-number = Un numéro de téléphone (facultatif)
components-phone-unclear = Saisissez un numéro de téléphone, par exemple 519 555 0100
components-postal = Un code postal (facultatif)
components-postal-unclear = Saisissez un code postal, par exemple N0L 1J0
components-way = Un choix parmi plusieurs
components-way-missing = Choisissez une réponse
components-tell = Plusieurs choix possibles (facultatif)
components-agree = Une case
components-pick = Dans une liste
components-phone = Par téléphone
components-mail = Par courriel
components-visit = En personne
components-note = Un texte plus long (facultatif)
components-send = Envoyer
components-states = États
components-state = En attente de réponse
components-panel = Un encadré
components-details = En savoir plus
components-table = Un tableau
components-pages = Autres pages
components-done = C'est envoyé
components-done-text = Ici figurent ce qui a été fait et la suite.
components-again = Recommencer
spoken-en = anglais
spoken-fr = français
spoken-ar = arabe
spoken-bn = bengali
spoken-cr = cri
spoken-de = allemand
spoken-es = espagnol
spoken-fa = persan
spoken-gu = gujarati
spoken-hi = hindi
spoken-hy = arménien
spoken-it = italien
spoken-ko = coréen
spoken-oj = ojibwé
spoken-pa = pendjabi
spoken-pl = polonais
spoken-pt = portugais
spoken-ru = russe
spoken-so = somali
spoken-ta = tamoul
spoken-tl = tagalog
spoken-uk = ukrainien
spoken-ur = ourdou
spoken-zh = chinois
spoken-am = amharique
spoken-ase = langue des signes américaine
spoken-cs = tchèque
spoken-el = grec
spoken-fcs = langue des signes québécoise
spoken-he = hébreu
spoken-hr = croate
spoken-ht = créole haïtien
spoken-hu = hongrois
spoken-iu = inuktitut
spoken-ja = japonais
spoken-km = khmer
spoken-ku = kurde
spoken-lo = lao
spoken-ne = népalais
spoken-nl = néerlandais
spoken-pdt = bas allemand (mennonite)
spoken-ps = pachto
spoken-ro = roumain
spoken-sq = albanais
spoken-sr = serbe
spoken-sw = swahili
spoken-th = thaï
spoken-ti = tigrigna
spoken-tr = turc
spoken-vi = vietnamien
spoken-yue = cantonais
