import { api } from '../../api/client.ts'
import { Button } from '../../components/Button.tsx'
import { Select } from '../../components/Field.tsx'
import css from './FindingsPage.module.css'
import { DEFAULTS, type Filters } from './filters.ts'
import { KIND, SEVERITY, TEXTS, VERDICT } from './texts.ts'

interface Props {
  filters: Filters
  change: (filters: Filters) => void
}

/** What the list of findings is narrowed to. */
export function FindingFilters({ filters, change }: Props) {
  const services = api.useQuery('get', '/api/v1/services', { params: { query: { page_size: 200 } } })
  const known = services.data?.items ?? []
  const options = known
    .filter(({ kind }) => filters.kind === '' || kind === filters.kind)
    .map(({ id, name }) => [id, name] as const)
  const isDefault = Object.entries(DEFAULTS).every(([key, value]) => filters[key as keyof Filters] === value)
  return (
    <fieldset className={css['filters']}>
      <legend className="visually-hidden">{TEXTS.filters}</legend>
      <Select
        label={TEXTS.filterVerdict}
        value={filters.verdict}
        options={[
          ['failed', VERDICT.failed],
          ['unknown', VERDICT.unknown],
          ['passed', VERDICT.passed],
          ['', TEXTS.any],
        ]}
        onChange={(verdict) => change({ ...filters, verdict })}
      />
      <Select
        label={TEXTS.filterSeverity}
        value={filters.severity}
        options={[
          ['', TEXTS.any],
          ['error', SEVERITY.error],
          ['warning', SEVERITY.warning],
          ['notice', SEVERITY.notice],
        ]}
        onChange={(severity) => change({ ...filters, severity })}
      />
      <Select
        label={TEXTS.filterKind}
        value={filters.kind}
        options={[
          ['', TEXTS.any],
          ['sonarr', KIND.sonarr],
          ['radarr', KIND.radarr],
          ['sabnzbd', KIND.sabnzbd],
          ['plex', KIND.plex],
        ]}
        onChange={(kind) => change({ ...filters, kind, service: '' })}
      />
      <Select
        label={TEXTS.filterService}
        value={options.some(([id]) => id === filters.service) ? filters.service : ''}
        options={[['', TEXTS.allServices], ...options]}
        onChange={(service) => change({ ...filters, service })}
      />
      <Select
        label={TEXTS.filterIgnored}
        value={filters.ignored}
        options={[
          ['no', TEXTS.ignoredNo],
          ['yes', TEXTS.ignoredYes],
          ['any', TEXTS.ignoredAny],
        ]}
        onChange={(ignored) => change({ ...filters, ignored })}
      />
      <div className={css['reset']}>
        <Button tone="quiet" disabled={isDefault} onClick={() => change(DEFAULTS)}>
          {TEXTS.reset}
        </Button>
      </div>
    </fieldset>
  )
}
