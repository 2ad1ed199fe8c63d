import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Panel } from '../../components/Panel.tsx'
import { CAUSES } from './causes.ts'
import css from './Dashboard.module.css'
import { readHealth, readVersion } from './data.ts'
import { State } from './State.tsx'
import { TEXTS } from './texts.ts'

type Service = Schema<'ServicePart'>
type Block = Schema<'Block'>

/** Issues of a service that are shown here. */
const FEW = 3

/** How the services are, each with what is wrong with it. */
export function ServicesPanel({ services }: { services: readonly Service[] }) {
  return (
    <Panel title={TEXTS.services} aside={<Link href="/services">{TEXTS.allServices}</Link>}>
      {services.length === 0 ? (
        <p className={css['muted']}>{TEXTS.noServices}</p>
      ) : (
        <ul className={css['services']}>
          {services.map((service) => (
            <li key={service.id}>
              <ServiceShown service={service} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function ServiceShown({ service }: { service: Service }) {
  const { name, state, blocks, tls_insecure } = service
  const version = readVersion(blocks['version']?.data)
  const failure = blocks['version']?.failure
  return (
    <>
      <div className={css['service']}>
        <span className={css['serviceName']}>
          <strong>{name}</strong>
          {version ? <span className={css['muted']}>{version}</span> : null}
        </span>
        {tls_insecure ? <Badge tone="doubt">{TEXTS.insecure}</Badge> : null}
        <State state={state} at={blocks['version']?.observed_at} />
      </div>
      {failure ? (
        <Why failure={failure} />
      ) : (
        Object.entries(blocks)
          // Where the service itself is all right, parts of it may not be.
          .filter(([, block]) => block.failure || block.state !== 'fresh')
          .map(([key, block]) => <PartShown key={key} name={TEXTS.block(key)} block={block} />)
      )}
      <Issues block={blocks['health']} />
    </>
  )
}

function PartShown({ name, block }: { name: string; block: Block }) {
  return (
    <div className={css['part']}>
      <div className={css['service']}>
        {name}
        <State state={block.state} at={block.observed_at} />
      </div>
      {block.failure ? <Why failure={block.failure} /> : null}
    </div>
  )
}

function Why({ failure }: { failure: Schema<'Failure'> }) {
  const { words, advice } = CAUSES[failure.cause]
  return (
    <p className={css['why']}>
      {TEXTS.failed(words, failure.detail)}. <span className={css['muted']}>{advice}</span>
    </p>
  )
}

function Issues({ block }: { block: Block | undefined }) {
  const health = block && block.state !== 'unknown' ? readHealth(block.data) : null
  if (!health || health.total === 0) {
    return null
  }
  const rest = health.total - Math.min(FEW, health.issues.length)
  return (
    <ul className={css['issues']}>
      {health.issues.slice(0, FEW).map(({ level, message, wiki }) => (
        <li key={`${level} ${message}`}>
          <Badge tone={level === 'error' ? 'bad' : 'doubt'}>{level || TEXTS.health}</Badge> {message}{' '}
          {wiki ? (
            <a href={wiki} target="_blank" rel="noreferrer" aria-label={`${TEXTS.explained}: ${message}`}>
              {TEXTS.explained}
            </a>
          ) : null}
        </li>
      ))}
      {rest > 0 ? <li className={css['muted']}>{TEXTS.moreIssues(rest)}</li> : null}
    </ul>
  )
}
