using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks;

/// <summary>Job files that people have: settings as jobs/create or runs/submit take them, or answers of jobs/get.</summary>
public static class JobFiles
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>A file of API 2.0 in the form that API 2.1 and later take: its one task as an entry of <c>tasks</c>. Checked as the API checks it; what has that form already is only checked.</summary>
    /// <returns>Indented JSON, or what is wrong with the file.</returns>
    public static Result<string> ToMultiTask(string text)
    {
        string plain;
        try
        {
            // Without comments, for a reader that refuses them and names that occur twice.
            plain = JsonNode.Parse(text, null, Lenient) is JsonObject parsed ? parsed.ToJsonString(Json.Plain) : "";
        }
        catch (JsonException problem)
        {
            return new Refusal(RefusalCode.Invalid, $"it is not JSON (line {problem.LineNumber + 1}, byte {problem.BytePositionInLine + 1})");
        }
        catch (ArgumentException problem)
        {
            return new Refusal(RefusalCode.Invalid, problem.Message);
        }

        if (plain.Length == 0 || JsonBody.Parse(Encoding.UTF8.GetBytes(plain)).Body is not { } settings)
            return new Refusal(RefusalCode.Invalid, "it holds no JSON object with settings of a job");
        if (settings.Object("settings") is { } inner && !SettingsForm.IsMulti(settings))
            settings = inner.Copy();
        settings.Remove("format");
        var submit = settings.ContainsKey("run_name");
        var fit = new Fitting(root: "settings.");
        if ((submit ? Schema.Submit : Schema.JobSettings(ApiVersion.V22)).Fit(settings, "", fit) is null)
            return new Refusal(RefusalCode.Invalid, fit.Problem!.Message);
        if (SettingsRules.Check(settings, SettingsForm.IsMulti(settings) ? ApiVersion.V22 : ApiVersion.V20, submit, false) is { } wrong)
            return new Refusal(RefusalCode.Invalid, wrong.Message);
        var multi = SettingsForm.ToMulti(settings);
        foreach (var notebook in multi.Objects("tasks").Select(task => task.Object("notebook_task")))
            notebook?.Remove("revision_timestamp");
        return multi.ToJsonString(Json.Indented);
    }
}
