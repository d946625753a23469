using System.Text.Json;

namespace Switchyard.Core.Execution;

/// <summary>Reads what a task left in its <c>result.json</c>. A file that is not what it should be is an empty outcome with the problem as its error: the task's exit code still decides.</summary>
public static class OutcomeText
{
    /// <summary>The outcome, or null when there was no file.</summary>
    public static TaskOutcome? Parse(string? text)
    {
        if (text is null)
            return null;
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return Broken($"result.json holds {root.ValueKind}, not an object");
            if (!IsText(root))
                return Broken("result.json holds a text that is not valid Unicode");
            var values = new Dictionary<string, string>();
            if (root.TryGetProperty("values", out var set) && set.ValueKind == JsonValueKind.Object)
            {
                foreach (var value in set.EnumerateObject())
                    values[value.Name] = value.Value.GetRawText();
            }

            return new TaskOutcome(
                String(root, "exit_value"),
                root.TryGetProperty("exit_value_truncated", out var cut) && cut.ValueKind == JsonValueKind.True,
                values,
                String(root, "error"),
                String(root, "error_trace"),
                String(root, "runner"));
        }
        catch (JsonException problem)
        {
            return Broken($"result.json is not JSON: {problem.Message}");
        }
    }

    // Elements are read lazily: half a surrogate pair in one would break whoever shows it later.
    private static bool IsText(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.Object => element.EnumerateObject().All(member => member.Name is not null && IsText(member.Value)),
                JsonValueKind.Array => element.EnumerateArray().All(IsText),
                JsonValueKind.String => element.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static TaskOutcome Broken(string problem) => new(null, false, new Dictionary<string, string>(), problem, null, null);

    private static string? String(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
