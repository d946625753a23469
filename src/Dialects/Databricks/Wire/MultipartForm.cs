using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>Reads <c>multipart/form-data</c>, in which some clients send files: fields become arguments, files go to whoever takes them, in the order they come.</summary>
internal static class MultipartForm
{
    private const int MaxParts = 30;
    private const int MaxField = 64 * 1024;

    public static bool Is(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The arguments, fitted; a part with a file name is a file.</summary>
    public static async Task<Outcome<JsonObject>> Read(Call call, Shape.Fields shape, Func<string, Stream, Task<Problem?>> take)
    {
        if (!MediaTypeHeaderValue.TryParse(call.Http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 200 } boundary)
            return Problem.Malformed("Could not parse request object: the content type multipart/form-data names no boundary");
        var args = new JsonObject();
        var reader = new MultipartReader(boundary.ToString(), call.Http.Request.Body);
        try
        {
            for (var parts = 0; await reader.ReadNextSectionAsync(call.Stop) is { } section; parts++)
            {
                if (parts == MaxParts)
                    return Problem.Invalid($"The form has more than {MaxParts} parts. Send fewer.");
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) is not { Length: > 0 } name)
                    return Problem.Malformed("Could not parse request object: a part of the form has no name");
                if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue)
                {
                    if (await take(name.ToString(), section.Body) is { } refused)
                        return refused;
                }
                else if (await Text(section.Body, call.Stop) is { } text)
                {
                    args[name.ToString()] = text;
                }
                else
                {
                    return Problem.Invalid($"The form's field {name} has more than {MaxField} bytes. Send it as a file, with a file name.");
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            return Problem.Malformed($"Could not parse request object: the form is broken: {error.Message}");
        }

        var fit = new Fitting(fromQuery: true, shape.Root);
        return shape.Fit(args, "", fit) is null ? fit.Problem! : args;
    }

    private static async Task<string?> Text(Stream body, CancellationToken stop)
    {
        var bytes = new byte[MaxField + 1];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, stop);
        return length > MaxField ? null : Encoding.UTF8.GetString(bytes, 0, length);
    }
}
