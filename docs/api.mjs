// Writes docs/api from the docstrings of the packages: a page for each export.
import { fileURLToPath } from 'node:url'
import { Application, Converter, LogLevel, ReflectionFlag, ReflectionKind } from 'typedoc'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (path) => `${root}${path}`

const OPTIONS = {
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
  name: 'API',
  entryPoints: [
    'packages/core/src/index.ts',
    'packages/core/src/tuning.ts',
    'packages/ecs-adapter/src/index.ts',
  ].map(at),
  tsconfig: at('docs/api.tsconfig.json'),
  docsRoot: at('docs'),
  out: at('docs/api'),
  cleanOutputDir: true,
  readme: 'none',
  logLevel: LogLevel.Warn,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  excludeScopesInPaths: true,
  // `npm test` checks the types.
  skipErrorChecking: true,
  validation: { notExported: false, invalidLink: true },
  // A working copy may have no remote, or another one.
  disableGit: true,
  gitRevision: 'main',
  // The path is from the folder of all entries.
  sourceLinkTemplate: 'https://github.com/ashlar-js/ashlar/blob/main/packages/{path}#L{line}',
  // Types and constants stand on the page of their module.
  membersWithOwnFile: ['Class', 'Interface', 'Function'],
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  tableColumnSettings: {
    hideSources: true,
    hideInherited: true,
    hideModifiers: true,
    leftAlignHeaders: true,
  },
}

/**
 * `Arena` is the class `AttachedArena` with the function `create`: its page is that of the class.
 */
function joinArena(project) {
  const core = project.children.find(({ name }) => name === '@ashlar/core')
  const exported = (name, kind) =>
    core.children.find((child) => child.name === name && child.kind === kind)
  const type = exported('Arena', ReflectionKind.TypeAlias)
  const constant = exported('Arena', ReflectionKind.Variable)
  const attached = exported('AttachedArena', ReflectionKind.Class)
  const { declaration } = constant.type.types.find((part) => part.type === 'reflection')
  const create = declaration.children.find(({ name }) => name === 'create')
  declaration.children = undefined
  create.parent = attached
  create.kind = ReflectionKind.Method
  create.setFlag(ReflectionFlag.Static)
  create.signatures = create.signatures ?? create.type.declaration.signatures
  for (const signature of create.signatures) {
    signature.parent = create
    signature.name = 'create'
  }
  create.type = undefined
  attached.addChild(create)
  attached.name = 'Arena'
  project.removeReflection(type)
  project.removeReflection(constant)
}

/** Only the packages make errors. */
function leaveOutConstructors(project) {
  const constructors = project.getReflectionsByKind(ReflectionKind.Constructor)
  for (const one of constructors.filter(({ parent }) => parent.name.endsWith('Error'))) {
    project.removeReflection(one)
  }
}

/** Bases that are not exported have no page. */
function leaveOutBases(project) {
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.inheritedFrom?.reflection === undefined) delete reflection.inheritedFrom
    if (reflection.extendedTypes !== undefined) {
      reflection.extendedTypes = reflection.extendedTypes.filter((type) => type.reflection)
      if (reflection.extendedTypes.length === 0) {
        delete reflection.extendedTypes
        delete reflection.typeHierarchy
      }
    }
  }
}

/** @throws Error if a docstring cannot be read */
export async function writeApi() {
  const app = await Application.bootstrapWithPlugins(OPTIONS)
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    joinArena(project)
    leaveOutConstructors(project)
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the sources')
  leaveOutBases(project)
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors()) throw new Error('TypeDoc could not write docs/api')
}
