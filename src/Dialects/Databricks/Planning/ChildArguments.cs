using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>
/// What a run_job_task gives to the run it starts. A run is started with names and texts: job parameters go by their name, an
/// element of another family by a name that no parameter can have.
/// </summary>
internal static class ChildArguments
{
    private const char Mark = '\u0002';
    private static readonly string[] Lists = ["jar_params", "python_params", "spark_submit_params", "dbt_commands"];
    private static readonly string[] Maps = ["python_named_params", "sql_params"];

    /// <summary>The parameters of a child run. Job parameters of this run beat the task's.</summary>
    public static Dictionary<string, Binding> Write(JsonObject child, ReferenceScope at)
    {
        var parameters = new Dictionary<string, Binding>();
        foreach (var (name, value) in child.Map("notebook_params").Concat(child.Map("job_parameters")))
            parameters[name] = References.Compile(value, at);
        foreach (var (name, value) in at.JobParameters)
            parameters[name] = References.Compile(value, at with { JobParameters = ReferenceScope.None });
        foreach (var family in Maps)
        {
            foreach (var (name, value) in child.Map(family))
                parameters[$"{Mark}{family}{Mark}{name}"] = References.Compile(value, at);
        }

        foreach (var family in Lists)
        {
            foreach (var (no, value) in child.Texts(family).Index())
                parameters[$"{Mark}{family}{Mark}{no.ToString(CultureInfo.InvariantCulture)}"] = References.Compile(value, at);
        }

        return parameters;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static RunOverrides Read(IReadOnlyDictionary<string, string> parameters)
    {
        var families = new JsonObject();
        foreach (var (key, value) in parameters)
        {
            if (key.Split(Mark, 3) is not ["", var family, var name])
                continue;
            if (Maps.Contains(family))
            {
                families.Default(family, new JsonObject());
                families[family]![name] = value;
            }
            else
            {
                families.Default(family, new JsonArray());
                families[family]!.AsArray().Add(value);
            }
        }

        return RunOverrides.None with
        {
            Parameters = families,
            JobParameters = parameters.Where(pair => !pair.Key.StartsWith(Mark)).ToDictionary(),
        };
    }
}
