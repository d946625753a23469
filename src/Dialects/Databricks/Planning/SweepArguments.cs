using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Sweeps;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>
/// A point of a sweep as the arguments of run-now. A parameter called as one of the lists of run-now (<c>python_params</c>, ...) is
/// that list. The others are job parameters where the job defines any, and otherwise what its tasks read: <c>notebook_params</c> and <c>python_named_params</c>.
/// </summary>
internal static class SweepArguments
{
    private static readonly string[] Lists = ["python_params", "jar_params", "spark_submit_params"];

    public static Outcome<RunOverrides> Read(SweepPoint point, JsonObject settings)
    {
        var args = new JsonObject();
        var named = new JsonObject();
        foreach (var (name, value) in point.Parameters)
        {
            if (Lists.Contains(name))
                args[name] = value.ValueKind == JsonValueKind.Array ? JsonArray.Create(value) : new JsonArray(SweepPoint.Text(value));
            else
                named[name] = SweepPoint.Text(value);
        }

        if (named.Count > 0)
        {
            var families = Families(settings).ToList();
            if (families.Count == 0)
            {
                return Problem.Invalid(
                    $"Parameter {named.First().Key} cannot be given to this job: it defines no job parameters and has no notebook or wheel task. Sweep over {string.Join(", ", Lists)}, whose values are lists, or define job parameters.");
            }

            foreach (var family in families)
                args[family] = named.DeepClone();
        }

        var fit = new Fitting(false, Schema.RunNow.Root);
        return Schema.RunNow.Fit(args, "", fit) is null ? fit.Problem! : RunOverrides.Read(args, settings, null);
    }

    private static IEnumerable<string> Families(JsonObject settings)
    {
        if (settings["parameters"] is JsonArray { Count: > 0 })
            return ["job_parameters"];
        var tasks = SettingsForm.Tasks(settings).Select(task => SettingsForm.Nested(task) ?? task).ToList();
        return new[] { ("notebook_task", "notebook_params"), ("python_wheel_task", "python_named_params") }
            .Where(pair => tasks.Exists(task => task.ContainsKey(pair.Item1))).Select(pair => pair.Item2);
    }
}
