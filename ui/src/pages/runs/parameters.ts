/** Members of what clients send with a run that hold parameters by name. */
const families = ['parameters', 'job_parameters', 'notebook_params', 'python_named_params', 'sql_params', 'pipeline_parameters', 'environment', 'jobEnvs', 'env'];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The parameters a run was given, by name, whatever its dialect calls them. */
export function parametersOf(sent: unknown): [string, string][] {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return [];
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(sent)) {
    if (families.includes(name) && typeof value === 'object' && value !== null && !Array.isArray(value)) for (const [inner, each] of Object.entries(value)) found.set(inner, textOf(each));
    else found.set(name, textOf(value));
  }
  return [...found];
}

/** The parameters in force in a run by name: what its settings say, and over it what it was given. The groups of an Orchest run are one each. */
export function inForce(run: { dialect: string; parameters?: unknown }, settings: Record<string, string> | undefined): [string, string][] {
  if (run.dialect === 'orchest') return typeof run.parameters === 'object' && run.parameters !== null ? Object.entries(run.parameters).map(([name, value]) => [name, textOf(value)]) : [];
  return [...new Map([...Object.entries(settings ?? {}), ...parametersOf(run.parameters)])];
}

/** What is sent of parameters that were typed: texts, but the groups of an Orchest run as what they say. */
export function toSend(dialect: string, values: Record<string, string>): Record<string, unknown> {
  if (dialect !== 'orchest') return values;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      try {
        return [name, JSON.parse(value) as unknown];
      } catch {
        return [name, value];
      }
    }),
  );
}
