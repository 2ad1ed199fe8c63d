import type { Schema } from '../../api/types.ts'
import { Badge, type Tone } from '../../components/Badge.tsx'
import { Facts } from '../../components/Facts.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Ago } from '../../components/Time.tsx'
import { inWords } from './brief.ts'
import css from './FindingPage.module.css'
import { FINDING } from './findingTexts.ts'
import { Severity } from './Severity.tsx'
import { sourceOf } from './source.ts'
import { TEXTS, VERDICT } from './texts.ts'

type Finding = Schema<'FindingView'>

const TONE: Readonly<Record<Finding['verdict'], Tone>> = { failed: 'bad', unknown: 'doubt', passed: 'good' }

/** What was found of what, what is wanted instead, and who says so. */
export function FindingFacts({ finding }: { finding: Finding }) {
  const { verdict, severity, service_name, subject, title, found, wanted, reason, rule } = finding
  return (
    <Panel
      title={FINDING.what}
      aside={
        <span className={css['badges']}>
          <Severity level={severity} />
          <Badge tone={TONE[verdict]}>{VERDICT[verdict]}</Badge>
          {finding.ignored_at ? <Badge>{TEXTS.ignored}</Badge> : null}
        </span>
      }
    >
      {verdict === 'unknown' ? <p>{TEXTS.unknownBecause(finding.unknown_because)}</p> : null}
      <div className={css['compare']}>
        <div>
          <h3>{FINDING.found}</h3>
          {verdict === 'unknown' ? (
            <p className={css['muted']}>{VERDICT.unknown}</p>
          ) : (
            <pre className={css['value']}>{inWords(found)}</pre>
          )}
        </div>
        <div>
          <h3>{FINDING.wanted}</h3>
          <pre className={css['value']}>{inWords(wanted)}</pre>
        </div>
      </div>
      <div>
        <h3 className={css['why']}>{FINDING.why}</h3>
        <p>{reason}</p>
      </div>
      <Facts
        facts={[
          [FINDING.service, service_name],
          ...(subject !== '' && subject !== title ? [[FINDING.subject, subject] as const] : []),
          [FINDING.source, <Source key="source" source={finding.source} />],
          [FINDING.rule, <code key="rule">{rule}</code>],
          [FINDING.firstSeen, <Ago key="first" at={finding.first_seen_at} />],
          [FINDING.lastSeen, <Ago key="last" at={finding.last_seen_at} />],
        ]}
      />
    </Panel>
  )
}

function Source({ source }: { source: string }) {
  const address = sourceOf(source)
  return address === null ? (
    FINDING.opinion
  ) : (
    <a href={address.href} rel="noreferrer" target="_blank">
      {FINDING.opens(address.host)}
    </a>
  )
}
