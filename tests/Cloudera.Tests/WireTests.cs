using Switchyard.OpenPai.Tests;

namespace Switchyard.Cloudera.Tests;

/// <summary>Whole conversations, to be read: the document's call with what surrounds it, and the second version.</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData("document")]
    [InlineData("v2")]
    public async Task A_conversation_goes_as_written(string name)
    {
        await using var yard = await Yard.Start();
        await WireScript.Play(yard, name);
    }
}
