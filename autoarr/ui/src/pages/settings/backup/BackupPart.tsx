import { api } from '../../../api/client.ts'
import { ButtonLink } from '../../../components/Button.tsx'
import { CopyText } from '../../../components/CopyText.tsx'
import { FormButtons } from '../../../components/Form.tsx'
import { Notice } from '../../../components/Notice.tsx'
import { Panel } from '../../../components/Panel.tsx'
import { BACKUP } from './texts.ts'

/** How everything is backed up and restored, which is done where AutoArr runs. */
export default function BackupPart() {
  const about = api.useQuery('get', '/api/v1/about')
  const { make, restore, postgresql, keys, activity } = BACKUP
  return (
    <>
      {about.data?.database === 'postgresql' ? (
        <Notice tone="doubt" title={postgresql.title}>
          <p>{postgresql.explain}</p>
        </Notice>
      ) : null}
      <Panel title={make.title}>
        <p>{make.explain}</p>
        <CopyText label={make.label} text={make.command} />
        <Notice tone="doubt" title={make.secret}>
          <p>{make.secretExplain}</p>
        </Notice>
      </Panel>
      <Panel title={restore.title}>
        <p>{restore.explain}</p>
        <CopyText label={restore.label} text={restore.command} />
        <p>{restore.newer}</p>
        <p>{restore.key}</p>
      </Panel>
      <Panel title={keys.title}>
        <p>{keys.explain}</p>
        <CopyText label={keys.label} text={keys.command} />
      </Panel>
      <Panel title={activity.title}>
        <p>{activity.explain}</p>
        <FormButtons>
          <ButtonLink href="/activity">{activity.link}</ButtonLink>
        </FormButtons>
      </Panel>
    </>
  )
}
