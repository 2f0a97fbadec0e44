using System.Text.Json;
using System.Text.Json.Serialization;

namespace WisePanda.Matching;

/// <summary>What a model's file holds.</summary>
/// <param name="Format"><see cref="ModelFile.Format"/>, or <see cref="ModelFile.OldFormat"/>, which knew no convolutions.</param>
/// <param name="Made">The command and settings that made it.</param>
/// <param name="Means">Mean of each feature over the training entries.</param>
/// <param name="Deviations">Standard deviation of each feature, above 0.</param>
/// <param name="Members">The parameters of each member of the ensemble, layer by layer.</param>
/// <param name="Calibration">Coefficients of the probability: constant, score, margin, log of the number of candidates.</param>
/// <param name="Convolutions">Whether the members have convolutions; their parameters come first.</param>
public sealed record ModelData(string Format, string Made, float[] Means, float[] Deviations, float[][] Members, double[] Calibration, bool Convolutions = false);

/// <summary>A file that is not a model, or not of this version.</summary>
public sealed class ModelFileException(string path, string detail) : Exception($"{path}: {detail}");

/// <summary>Reads and writes models as JSON.</summary>
public static class ModelFile
{
    /// <summary>Name and version.</summary>
    public const string Format = "wisepanda-model-2";

    /// <summary>The version before, which is still read.</summary>
    public const string OldFormat = "wisepanda-model-1";

    /// <exception cref="ModelFileException">It is missing, no model, of another version, or its numbers do not fit the network.</exception>
    public static MatchModel Read(string path)
    {
        if (!File.Exists(path)) throw new ModelFileException(path, "there is no such model. Make one with `wisepanda train --model FILE`, or leave --model out to use the one that comes with the program.");
        using var stream = File.OpenRead(path);
        return Read(path, stream);
    }

    /// <summary>Writes a new file beside the old one and then puts it in its place.</summary>
    public static void Write(string path, MatchModel model)
    {
        var part = path + ".part";
        File.WriteAllText(part, JsonSerializer.Serialize(model.Data, ModelJson.Default.ModelData) + "\n");
        File.Move(part, path, overwrite: true);
    }

    internal static MatchModel ReadShipped()
    {
        using var stream = typeof(ModelFile).Assembly.GetManifestResourceStream("WisePanda.model.json")!;
        return Read("the shipped model", stream);
    }

    private static MatchModel Read(string path, Stream stream)
    {
        ModelData? data;
        try
        {
            data = JsonSerializer.Deserialize(stream, ModelJson.Default.ModelData);
        }
        catch (JsonException)
        {
            throw new ModelFileException(path, "this is not a model. Make one with `wisepanda train`.");
        }
        if (data?.Format is not (Format or OldFormat)) throw new ModelFileException(path, $"this is a model of format '{data?.Format}', and {Format} is needed. Make it again with `wisepanda train`.");
        if (!Fits(data)) throw new ModelFileException(path, "the model's numbers are incomplete or not finite. Make it again with `wisepanda train`.");
        return new MatchModel(data);
    }

    private static bool Fits(ModelData data)
    {
        var wanted = MatchModel.CreateMember(data.Convolutions).Layers.Sum(layer => layer.Parameters.Length);
        return data is { Means.Length: PairFeatures.Count, Deviations.Length: PairFeatures.Count, Members.Length: > 0, Calibration.Length: 4 }
            && data.Means.All(float.IsFinite) && data.Deviations.All(deviation => deviation > 0 && float.IsFinite(deviation))
            && data.Members.All(member => member?.Length == wanted && member.All(float.IsFinite)) && data.Calibration.All(double.IsFinite);
    }
}

[JsonSerializable(typeof(ModelData))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ModelJson : JsonSerializerContext;
