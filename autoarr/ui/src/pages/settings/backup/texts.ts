export const BACKUP = {
  make: {
    title: 'Back up',
    explain:
      'One file holds the database and the secret keys: users, services with their keys, policy, findings, changes, requests and activity. It is written while AutoArr runs. In these commands, the container is called autoarr.',
    label: 'the commands that back up',
    secret: 'Whoever has the file can read every secret in it',
    secretExplain:
      'Keep it as you keep your keys. A copy stays in the data folder, until the next backup replaces it.',
    command:
      'docker exec autoarr autoarr backup --force /data/backup.tar\ndocker cp autoarr:/data/backup.tar .',
  },
  restore: {
    title: 'Restore',
    explain:
      'AutoArr is stopped for it. What was there is kept beside what is restored. On a new machine, start AutoArr once before, so that its data folder is there.',
    label: 'the commands that restore',
    command:
      'docker stop autoarr\ndocker run --rm --user 0 --volumes-from autoarr -v "$PWD/backup.tar:/backup.tar:ro" autoarr:latest autoarr restore /backup.tar\ndocker start autoarr',
    newer:
      'A backup of an older version is brought up to date at the next start; one of a newer version is refused.',
    key: 'Where AUTOARR_SECRET_KEY is set, the keys are not in the backup: keep it with the file, and give it to the command that restores by -e AUTOARR_SECRET_KEY=…',
  },
  postgresql: {
    title: 'This AutoArr uses PostgreSQL',
    explain:
      'The commands below are for SQLite and refuse here. Back the database up with pg_dump and restore it with pg_restore, and keep AUTOARR_SECRET_KEY, or secret.key of the data folder, with it.',
  },
  keys: {
    title: 'If the secret keys are lost',
    explain:
      'This forgets what only they could read, so that AutoArr can go on: the keys of services have to be entered again, everybody logs in anew, and earlier changes can’t be reverted any more.',
    label: 'the command that forgets lost keys',
    command:
      'docker stop autoarr\ndocker run --rm --volumes-from autoarr autoarr:latest autoarr reset-keys\ndocker start autoarr',
  },
  activity: {
    title: 'The activity alone',
    explain: 'Who did what, when and why can be exported from its page.',
    link: 'To the activity',
  },
} as const
