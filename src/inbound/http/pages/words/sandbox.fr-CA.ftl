# Le bac à sable.
sandbox-title = L’histoire en quatre étapes
sandbox-lead = Un aiguillage, du dossier médical de la clinique à une banque alimentaire et retour. Tout le monde est inventé, et une minute vaut ici un jour.
sandbox-done = Fait
sandbox-step-send = Envoyer un aiguillage
sandbox-send-how = Comme le ferait le dossier médical : copiez ceci dans un second terminal, ou laissez-nous l’envoyer.
sandbox-do-send = Envoyer à ma place
sandbox-sent = L’aiguillage { $reference } a été reçu.
sandbox-receipt = Réponse { $status } après { $millis } ms : enregistré sur disque.
sandbox-step-choose = Le transmettre à un partenaire
sandbox-choose-how = Ouvrez une session parmi trois. Ouvrez l’aiguillage, choisissez Oak Street Food Bank, vérifiez ce qui part, puis envoyez.
sandbox-sign-in = Ouvrir une session : { $name }
sandbox-open-referral = Ouvrir l’aiguillage { $reference }
sandbox-step-answer = Jouer le partenaire
sandbox-answer-how = Oak Street n’a que le courriel. Ouvrez son courriel, suivez le lien, saisissez le code du courriel voisin, puis acceptez.
sandbox-step-told = Voir la réponse revenir
sandbox-closed = Vous avez bouclé la boucle en { $minutes } min { $seconds } s.
sandbox-break-title = Tout casser
sandbox-break-lead = Rien ne se perd. Voyez ce qui arrive.
sandbox-do-fail = Faire échouer le courriel d’Oak Street
sandbox-did-fail = Le courriel destiné à Oak Street est refusé pour l’instant. Il est renvoyé, toujours plus tard.
sandbox-do-mend = Réparer le courriel d’Oak Street
sandbox-did-mend = Le courriel destiné à Oak Street passe de nouveau. Ce qui attendait arrive à la prochaine tentative.
sandbox-do-mend-county = Réparer le système de County Meals
sandbox-did-mend-county = County Meals répond de nouveau. Ce qui attendait arrive à la prochaine tentative.
sandbox-do-twice = Envoyer deux fois la même chose
sandbox-do-bad = Envoyer un mauvais code
sandbox-do-withdraw = Retirer le consentement
sandbox-withdrawn = { $count ->
    [one] Un consentement a été retiré. Plus rien ne part, et le partenaire ne voit plus l’aiguillage.
   *[other] { $count } consentements ont été retirés. Plus rien ne part, et le partenaire ne voit plus l’aiguillage.
}
sandbox-nothing-yet = Il n’y a pas encore d’aiguillage à vous. Envoyez-en un.
sandbox-kill = Tuer le processus : démarrez avec --keep ./demo, arrêtez avec kill -9, puis redémarrez. Ce qui a été confirmé est là.
sandbox-next-title = Ensuite
sandbox-next = Brancher votre dossier médical : config/README.md. Convertir votre fichier : lariat map votre.json --mapping votre.toml --explain. Réels ici : les portes, le registre, les envois, les pages. Inventés : les dossiers médicaux, les partenaires, le serveur de courriel et toutes les personnes.
sandbox-pages = Toutes les pages dans tous leurs états
sandbox-back = Retour à l’histoire
sandbox-mail-title = Boîte aux lettres
sandbox-mail-one = Un courriel
sandbox-mail-lead = Tous les courriels que Lariat a envoyés ici, les plus récents d’abord. Vous jouez Oak Street Food Bank : referrals@oak-street.example.
sandbox-mail-empty = Aucun courriel n’est arrivé. Il en part quand un aiguillage est transmis à un partenaire qui n’a que le courriel.
sandbox-mail-count = { $count ->
    [one] Un courriel
   *[other] { $count } courriels
}
sandbox-mail-subject = Objet
sandbox-mail-to = À
sandbox-mail-from = De
sandbox-chart-title = Le dossier médical
sandbox-chart-lead = Ce que le dossier médical inventé a appris, le plus récent d’abord.
sandbox-chart-empty = Le dossier médical n’a encore rien appris.
sandbox-chart-raw = Message sur { $reference } tel qu’il est arrivé
