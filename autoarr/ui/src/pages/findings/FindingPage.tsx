import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import { Loaded } from '../../components/Loaded.tsx'
import { Page } from '../../components/Panel.tsx'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { Changes } from './Changes.tsx'
import { FindingFacts } from './FindingFacts.tsx'
import css from './FindingPage.module.css'
import { FixPanel } from './FixPanel.tsx'
import { FINDING } from './findingTexts.ts'
import { IgnorePanel } from './IgnorePanel.tsx'

/** One finding: what, why, and what can be done about it. */
export default function FindingPage({ id }: { id: string }) {
  const finding = api.useQuery(
    'get',
    '/api/v1/findings/{finding_id}',
    { params: { path: { finding_id: id } } },
    { refetchInterval: useRefetchInterval() },
  )
  return (
    <>
      <p className={css['back']}>
        <Link href="/findings">{FINDING.back}</Link>
      </p>
      <Page title={finding.data?.title ?? FINDING.page}>
        <Loaded query={finding} lines={8}>
          {(data) => (
            <>
              <FindingFacts finding={data} />
              <FixPanel finding={data} />
              <IgnorePanel finding={data} />
              <Changes finding={data} />
            </>
          )}
        </Loaded>
      </Page>
    </>
  )
}
