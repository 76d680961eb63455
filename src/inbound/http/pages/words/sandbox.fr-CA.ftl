# Le bac à sable.
sandbox-title = L’histoire en quatre étapes
sandbox-lead = Un aiguillage, du dossier médical de la clinique à une banque alimentaire et retour. Tout le monde est inventé.
sandbox-pace-minute = Une minute vaut ici un jour.
sandbox-pace-real = Le temps passe comme à l’extérieur.
sandbox-pace-seconds = Un jour passe en { $seconds } secondes.
sandbox-do-again = Recommencer avec une autre personne
sandbox-is-withdrawn = La personne a retiré son consentement : rien ne part. Consignez un nouveau consentement si elle accepte de nouveau, ou recommencez avec une autre personne.
sandbox-is-declined = Le partenaire a refusé : l’aiguillage est revenu à la clinique. Choisissez-y un autre partenaire, ou recommencez avec une autre personne.
sandbox-look = Vérifier de nouveau
sandbox-public = Le formulaire public de la clinique, pour s’adresser soi-même
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
sandbox-do-fail = Faire échouer { $name }
sandbox-did-fail = Les messages destinés à { $name } sont refusés pour l’instant. Ils sont renvoyés, toujours plus tard.
sandbox-do-mend = Réparer { $name }
sandbox-did-mend = { $name } reçoit de nouveau les messages. Ce qui attendait arrive à la prochaine tentative, et les envois abandonnés sont relancés.
sandbox-do-twice = Envoyer deux fois la même chose
sandbox-do-bad = Envoyer un mauvais code
sandbox-do-withdraw = Retirer le consentement
sandbox-withdrawn = { $count ->
    [one] Un consentement a été retiré. Plus rien ne part, et le partenaire ne voit plus l’aiguillage.
   *[other] { $count } consentements ont été retirés. Plus rien ne part, et le partenaire ne voit plus l’aiguillage.
}
sandbox-withdrawn-unsent = { $count ->
    [one] Un consentement a été retiré. L’aiguillage n’était parti chez aucun partenaire et n’ira chez aucun.
   *[other] { $count } consentements ont été retirés. L’aiguillage n’était parti chez aucun partenaire et n’ira chez aucun.
}
sandbox-twice-same = Envoyé deux fois sous une même clé. Réponses { $first } et { $second }, et les deux fois le même reçu : { $body }
sandbox-twice-other = Envoyé deux fois sous une même clé. D’abord { $first }, puis { $second }.
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
