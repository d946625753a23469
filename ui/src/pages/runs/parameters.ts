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
