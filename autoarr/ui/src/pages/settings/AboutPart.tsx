import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import { Facts } from '../../components/Facts.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Moment } from '../../components/Time.tsx'
import { ABOUT } from './texts.ts'

/** Which build answers, and what it runs on. */
export default function AboutPart() {
  const about = api.useQuery('get', '/api/v1/about')
  const { facts } = ABOUT
  return (
    <Panel title={ABOUT.title}>
      <Loaded query={about} lines={5}>
        {(known) => (
          <Facts
            facts={[
              [facts.version, known.version],
              [facts.revision, known.revision && <code>{known.revision.slice(0, 12)}</code>],
              [facts.created, known.created && <Moment at={known.created} />],
              [facts.python, ABOUT.python(known.implementation, known.python)],
              [facts.libc, ABOUT.libc(known.libc.name, known.libc.version)],
              [facts.platform, known.platform],
              [facts.database, ABOUT.databases[known.database]],
              [facts.started, <Moment key="started" at={known.started_at} />],
              [facts.instance, <code key="instance">{known.instance_id}</code>],
            ]}
          />
        )}
      </Loaded>
      <p>
        <Link href="/status">{ABOUT.status}</Link>: {ABOUT.statusExplain}
      </p>
    </Panel>
  )
}
