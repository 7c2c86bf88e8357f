// Uploads what `path` names to the artifact server of the workflow runner, as the action it stands in for does.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const core = require('@actions/core')
const { DefaultArtifactClient } = require('@actions/artifact')

const MISSING = { warn: core.warning, error: core.setFailed, ignore: core.info }

/** The regular files below `entry`, or itself if it is one. */
function filesOf(entry, includeHidden) {
  if (!fs.existsSync(entry)) return []
  if (!fs.statSync(entry).isDirectory()) return [entry]
  return fs
    .readdirSync(entry)
    .filter((name) => includeHidden || !name.startsWith('.'))
    .flatMap((name) => filesOf(path.join(entry, name), includeHidden))
}

/** The directory that all files are below. */
function commonDirectory(files) {
  let common = path.dirname(files[0])
  for (const file of files) {
    while (path.relative(common, file).startsWith('..')) common = path.dirname(common)
  }
  return common
}

async function upload(client, name) {
  const entries = core.getMultilineInput('path', { required: true }).map((entry) => path.resolve(entry))
  const includeHidden = core.getBooleanInput('include-hidden-files')
  const files = entries.flatMap((entry) => filesOf(entry, includeHidden))
  if (files.length === 0) {
    const told = MISSING[core.getInput('if-no-files-found')]
    if (!told) throw new Error('if-no-files-found is none of warn, error, ignore')
    told(`No files were found with the provided path: ${entries.join(', ')}. No artifacts will be uploaded.`)
    return
  }
  const single = entries.length === 1 && fs.statSync(entries[0]).isDirectory()
  const root = single ? entries[0] : commonDirectory(files)
  const days = core.getInput('retention-days')
  const { id, digest } = await client.uploadArtifact(name, files, root, {
    compressionLevel: Number(core.getInput('compression-level')),
    ...(days ? { retentionDays: Number(days) } : {})
  })
  core.setOutput('artifact-id', String(id))
  core.setOutput('artifact-digest', digest)
}

async function main() {
  const client = new DefaultArtifactClient()
  const name = core.getInput('name')
  if (core.getBooleanInput('overwrite')) {
    await client.deleteArtifact(name).catch((error) => core.info(`Nothing to overwrite: ${error.message}`))
  }
  await upload(client, name)
}

main().catch((error) => core.setFailed(error.message))
