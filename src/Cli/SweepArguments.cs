using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Cli;

/// <summary>What <c>yard sweep</c> was told, as the body of the call.</summary>
internal static class SweepArguments
{
    /// <summary>The body.</summary>
    /// <param name="parameters"><c>NAME=V1,V2</c>, or <c>NAME=[...]</c> with the values as a JSON list.</param>
    /// <param name="file">A JSON list of parameter sets, or an object with <c>grid</c>, <c>sets</c> and <c>select</c>.</param>
    /// <param name="select">Indices, separated by commas.</param>
    public static JsonObject Body(IReadOnlyList<string> parameters, string? file, string? select)
    {
        var body = file is null ? [] : OfFile(file);
        foreach (var parameter in parameters)
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new CommandFailedException($"'{parameter}' names no parameter with its values. Write -p NAME=VALUE,VALUE.");
            if (body["grid"] is not JsonObject grid)
                body["grid"] = grid = [];
            if (!grid.TryAdd(parameter[..equals], Values(parameter[(equals + 1)..])))
                throw new CommandFailedException($"Parameter '{parameter[..equals]}' is given twice. Put all its values into one list.");
        }

        if (select is not null)
            body["select"] = new JsonArray([.. select.Split(',').Select(index => (JsonNode)Index(index))]);
        return body;
    }

    private static JsonArray Values(string text)
    {
        if (text.StartsWith('[') && Json(text) is JsonArray list)
            return list;
        return new JsonArray([.. text.Split(',').Select(value => Json(value) is JsonValue { } known ? known : (JsonNode?)JsonValue.Create(value))]);
    }

    /// <summary>A number, true, false or a quoted text; null for what is a text by itself.</summary>
    private static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static long Index(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        ? index
        : throw new CommandFailedException($"'{text}' is no index. Write --select 0,3,7.");

    private static JsonObject OfFile(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) switch
            {
                JsonArray sets => new JsonObject { ["sets"] = sets },
                JsonObject body => body,
                _ => throw new CommandFailedException($"{path} holds neither a list of parameter sets nor an object with grid or sets."),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{path} cannot be read: {error.Message}");
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new CommandFailedException($"{path} is not JSON: {error.Message}");
        }
    }
}
