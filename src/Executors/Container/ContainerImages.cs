using Switchyard.Core.Text;

namespace Switchyard.Executors.Container;

/// <summary>The images of this node, as far as others have to know of them before anything runs.</summary>
/// <param name="runtime">Podman or Docker.</param>
public sealed class ContainerImages(ContainerRuntime runtime)
{
    /// <summary>Names of ours for images that somebody relies on.</summary>
    public const string Repository = "localhost/switchyard-pinned";

    private readonly ContainerClient _client = new(runtime);

    /// <summary>
    /// A name that means what the image is now, and goes on to mean it when its own name moves on. What is not there is
    /// pulled first, which may take its time.
    /// </summary>
    public async Task<Result<string>> Pin(string image, CancellationToken stop)
    {
        if (image.StartsWith('-') || image.Any(sign => char.IsWhiteSpace(sign) || char.IsControl(sign)))
            return new Refusal(RefusalCode.Invalid, $"'{image}' is not the name of an image.");
        try
        {
            var (code, id, _) = await _client.Run(["image", "inspect", "--format", "{{.Id}}", "--", image], stop).ConfigureAwait(false);
            if (code != 0)
            {
                (code, _, var error) = await _client.Run(["pull", "--quiet", "--", image], stop).ConfigureAwait(false);
                if (code != 0)
                    return new Refusal(RefusalCode.Invalid, $"the image {image} is not there and cannot be pulled: {LastLine(error)}");
                (code, id, error) = await _client.Run(["image", "inspect", "--format", "{{.Id}}", "--", image], stop).ConfigureAwait(false);
                if (code != 0)
                    return new Refusal(RefusalCode.Invalid, $"the image {image} was pulled and is not to be found: {LastLine(error)}");
            }

            id = id.Trim();
            var name = $"{Repository}:{id[(id.IndexOf(':', StringComparison.Ordinal) + 1)..]}";
            (code, _, var problem) = await _client.Run(["tag", id, name], stop).ConfigureAwait(false);
            return code == 0 ? name : new Refusal(RefusalCode.Invalid, $"the image {image} cannot be given the name {name}: {LastLine(problem)}");
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return new Refusal(RefusalCode.Invalid, $"the container runtime cannot be called: {error.Message}");
        }
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1] is { Length: > 0 } line ? line.Length <= 500 ? line : line[..500] : "it does not say why";
}
